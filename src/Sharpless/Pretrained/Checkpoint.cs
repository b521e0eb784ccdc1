using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Pretrained;

/// <summary>
/// A published image network in a file: the npz files of vision transformers, hybrids and Mixers, or a safetensors file with the names of PyTorch's library timm.
/// Which network it is follows from the tensors.
/// </summary>
/// <remarks>
/// Each tensor is read by its place in the file straight to where the network keeps it, so that beside the network never more than one tensor is in memory. (Not
/// memory-mapped: a mapped file that somebody shortens kills the process.) What the reader checks: <see cref="ArrayFile"/>.
/// </remarks>
public sealed class Checkpoint : IDisposable
{
    private readonly ArrayFile _file;
    private readonly Dictionary<string, StoredTensor> _tensors;

    private Checkpoint(ArrayFile file, CheckpointOptions options)
    {
        _file = file;
        string? prefix = TimmNames.PrefixIn(file);
        bool isTimm = prefix is not null;
        _tensors = isTimm ? TimmNames.Translate(file, prefix!, options.Heads) : PublishedNames.Normalize(file);
        EncoderForm form = new FormInference(file.Path, _tensors).Infer() with { Gelu = options.Gelu ?? (isTimm ? GeluForm.Exact : GeluForm.Tanh) };
        if (form.NormalizesInput && options.Gelu is null)
        {
            throw new InvalidDataException(
                $"{file.Path} normalizes its tokens before the first block ('norm_pre'), as CLIP does. Such networks were trained with one of two activations, and the file does not tell which: say exact, or quick for OpenAI's own weights.");
        }

        if (options.Heads is int heads && heads != form.Heads && form.Heads > 0) throw new InvalidDataException($"{file.Path} has {form.Heads} attention heads, and {heads} were asked for. Leave the number out.");
        Form = options.ReadsHead ? form : form with { Classes = 0, Representation = 0 };
        using var scope = NewDisposeScope();
        List<string> others = Unused(Form);
        // A head that has other parts too computes something else.
        if (Form.Classes > 0 && others.Any(name => OutsideEncoder.IsHead(Inner(name))))
        {
            Form = Form with { Classes = 0, Representation = 0 };
            others = Unused(Form);
        }

        RequireKnown(others);
        PassedOver = others;

        List<string> Unused(EncoderForm of)
        {
            HashSet<string> known = [.. RequireFit(ModuleState.Of(ImageEncoder.Create(of)))];
            return [.. file.Select(array => array.Name).Except(_tensors.Where(item => known.Contains(item.Key)).Select(item => item.Value.Array.Name))];
        }

        // The name without what stands before all of the network.
        string Inner(string name) => !isTimm ? PublishedNames.WithoutPrefix(name) : name.StartsWith(prefix!, StringComparison.Ordinal) ? name[prefix!.Length..] : name;

        void RequireKnown(IEnumerable<string> names)
        {
            // Below a prefix stands the encoder, beside it what does not belong to it.
            string[] unknown = [.. names.Where(name => !OutsideEncoder.Is(Inner(name)) && (!isTimm || name.StartsWith(prefix!, StringComparison.Ordinal) || TimmNames.IsPart(name)))];
            if (unknown.Length == 0) return;
            const int Shown = 5;
            string some = string.Join(", ", unknown.Take(Shown).Select(name => OutsideEncoder.Meaning(Inner(name)) is string meaning ? $"'{name}' ({meaning})" : $"'{name}'"));
            string more = unknown.Length > Shown ? $" and {unknown.Length - Shown} more" : "";
            throw new InvalidDataException(
                $"{file.Path} holds parts that no known encoder has: {some}{more}. Without them it would be another "
                    + "network. Saved as ONNX or as TorchScript, any network can be measured.");
        }
    }

    /// <summary>Opens a file and checks the names and shapes of all its tensors.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="InvalidDataException">Not such a file, damaged, or tensors that are missing or misshapen; the message names them.</exception>
    public static Checkpoint Open(string path, CheckpointOptions? options = null)
    {
        options ??= new CheckpointOptions();
        ArrayFile file = ArrayFile.Open(path, options.Limits);
        try
        {
            return new Checkpoint(file, options);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The network that the tensors belong to.</summary>
    public EncoderForm Form { get; }

    /// <summary>Names of tensors in the file that are no part of the encoder: a head that is not read, what pretraining or an optimizer left. Any other unknown tensor is refused.</summary>
    public IReadOnlyList<string> PassedOver { get; }

    /// <summary>The network with its weights, in evaluation mode. They belong to the scope around the call.</summary>
    /// <param name="precision">Float32, also for training in any precision (<see cref="WeightSpace"/> casts them); BFloat16 to compute with at once.</param>
    /// <param name="device">Where it computes.</param>
    /// <exception cref="InvalidDataException">A tensor is damaged or does not hold real numbers.</exception>
    public ImageEncoder Load(Precision precision = Precision.Float32, Device? device = null)
    {
        ImageEncoder encoder = ImageEncoder.Create(Form);
        foreach ((string name, Parameter parameter, nn.Module owner) in encoder.OwnedParameters())
        {
            using var scope = NewDisposeScope();
            using IDisposable off = no_grad();
            Tensor values = _tensors[name].Read(_file.Path);
            bool isRounded = precision == Precision.BFloat16 && ParameterRoles.Of(parameter, owner) != ParameterRole.Normalization;
            ParameterValues.Set(parameter, values.To(isRounded ? ScalarType.BFloat16 : ScalarType.Float32).To(device));
        }

        encoder.train(false);
        return encoder;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private IEnumerable<string> RequireFit(IReadOnlyList<(string Name, Tensor Tensor)> expected)
    {
        List<string> problems = [];
        foreach ((string name, Tensor tensor) in expected)
        {
            if (!_tensors.TryGetValue(name, out StoredTensor? stored)) problems.Add($"'{name}' {Text(tensor.shape)} is missing");
            else if (IsGated(name, stored, tensor)) problems.Add($"'{stored.Array.Name}' takes half of the hidden units: the MLP is gated (SwiGLU), which is not known here");
            else if (!stored.Shape.AsSpan().SequenceEqual(tensor.shape)) problems.Add($"'{stored.Array.Name}' gives '{name}' as {Text(stored.Shape)}, expected {Text(tensor.shape)}");
        }

        const int Shown = 5;
        if (problems.Count == 0) return expected.Select(item => item.Name);
        string more = problems.Count > Shown ? $" and {problems.Count - Shown} more" : "";
        throw new InvalidDataException($"{_file.Path} is no whole {Form.Kind} of {Form.Layers} blocks and width {Form.Width}: {string.Join("; ", problems.Take(Shown))}{more}.");

        // Both factors come out of the first layer, so that the second one has half as many inputs.
        static bool IsGated(string name, StoredTensor stored, Tensor tensor) =>
            name.EndsWith("/Dense_1/kernel", StringComparison.Ordinal) && stored.Shape is [long inputs, _] && tensor.shape is [long hidden, _] && 2 * inputs == hidden;

        static string Text(long[] shape) => $"[{string.Join(", ", shape)}]";
    }
}

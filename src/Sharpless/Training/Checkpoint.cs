using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>
/// The whole state of a training run in one file, written aside and renamed: master weights, the mask, the vectors of optimizer and average, buffers, the default
/// random generator, and <see cref="TrainState"/>. With it a run goes on to the same bits. Perturbations are never in it.
/// </summary>
internal sealed class Checkpoint(string path, Module model, WeightSpace weights, params IReadOnlyDictionary<string, Tensor[]>[] vectors)
{
    private const string GeneratorName = "generator";

    internal void Save(TrainState state)
    {
        using var scope = TensorScope.Begin();
        List<(string Name, Tensor Tensor)> tensors = [.. Contents(), (GeneratorName, Generator.DefaultState())];
        TensorFiles.WriteSafetensors(path, tensors, state.ToMetadata());
    }

    /// <summary>Puts the saved state back, or returns null where there is none.</summary>
    /// <exception cref="InvalidDataException">The file does not fit the model.</exception>
    internal TrainState? Load()
    {
        if (!File.Exists(path)) return null;
        using var scope = TensorScope.Begin();
        using ArrayFile file = ArrayFile.Open(path);
        TrainState state = TrainState.FromMetadata(file.Metadata, path);
        Dictionary<string, Tensor> saved = file.ToDictionary(array => array.Name, array => array.ToTensor());
        if (saved.ContainsKey("mask.0") && weights.Mask.Count == 0) weights.SetMask(new Dictionary<string, Tensor>());   // the mask file is gone; the run keeps its own
        foreach ((string name, Tensor tensor) in Contents())
        {
            if (!saved.TryGetValue(name, out Tensor? value) || !value.Shape.AsSpan().SequenceEqual(tensor.Shape))
            {
                throw new InvalidDataException($"The checkpoint '{path}' does not fit the model: '{name}' should be {tensor}, and is {value?.ToString() ?? "missing"}.");
            }

            tensor.CopyInPlace(value);
        }

        if (!saved.TryGetValue(GeneratorName, out Tensor? generator)) throw new InvalidDataException($"The checkpoint '{path}' has no state of the random generator.");
        Generator.SetDefaultState(generator);
        weights.ReturnToMaster();
        return state;
    }

    private IEnumerable<(string Name, Tensor Tensor)> Contents()
    {
        for (int i = 0; i < weights.Segments.Count; i++) yield return ($"master.{i}", weights.Segments[i].Master);
        for (int i = 0; i < weights.Mask.Count; i++) yield return ($"mask.{i}", weights.Mask[i]);
        foreach ((string name, Tensor[] parts) in vectors.SelectMany(item => item))
        {
            for (int i = 0; i < parts.Length; i++) yield return ($"{name}.{i}", parts[i]);
        }

        foreach ((string name, Tensor buffer) in model.Buffers()) yield return ($"buffer/{name}", buffer);
    }
}

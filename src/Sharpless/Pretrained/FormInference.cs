using System.Text.RegularExpressions;

namespace Sharpless.Pretrained;

/// <summary>Tells from the names and shapes of a checkpoint's tensors which network they belong to.</summary>
/// <param name="path">The file, for messages.</param>
/// <param name="tensors">Its tensors by normalized name.</param>
internal sealed partial class FormInference(string path, IReadOnlyDictionary<string, StoredTensor> tensors)
{
    // Five stages divide an image by 64; no published network has more than four.
    private const int MostStages = 5;
    private const int GroupsOfNormalization = 32;
    private const double EpsilonOfClip = 1e-5;

    /// <summary>The network.</summary>
    /// <exception cref="InvalidDataException">A tensor that the form follows from is missing or has an impossible shape, or the tensors belong to no known family.</exception>
    internal EncoderForm Infer()
    {
        if (tensors.ContainsKey("stem/kernel")) return Mixer();
        if (tensors.ContainsKey("embedding/kernel")) return Vit();
        string some = string.Join(", ", tensors.Values.Select(tensor => $"'{tensor.Array.Name}'").Distinct().Take(5));
        throw new InvalidDataException(
            $"{path} holds no vision transformer (embedding/kernel), hybrid (conv_root/kernel) or Mixer (stem/kernel) with published names, nor one with timm's (patch_embed.proj.weight); it has {(some.Length == 0 ? "no tensors" : some)}.");
    }

    private EncoderForm Mixer()
    {
        int[] stem = Sizes("stem/kernel", 4), tokens = Sizes("MixerBlock_0/token_mixing/Dense_0/kernel", 2), channels = Sizes("MixerBlock_0/channel_mixing/Dense_0/kernel", 2);
        return new EncoderForm
        {
            Kind = EncoderKind.Mixer,
            Layers = CountOf(MixerBlock()),
            Width = stem[3],
            Patch = stem[0],
            Grid = SquareRoot(tokens[0], "MixerBlock_0/token_mixing/Dense_0/kernel", $"takes {tokens[0]} tokens"),
            TokenHidden = tokens[1],
            Hidden = channels[1],
            Classes = Outputs("head/kernel"),
        };
    }

    private EncoderForm Vit()
    {
        const string Block = "Transformer/encoderblock_0";
        const string Positions = "Transformer/posembed_input/pos_embedding";
        int[] embedding = Sizes("embedding/kernel", 4), positions = Sizes(Positions, 3);
        int[] query = Sizes($"{Block}/MultiHeadDotProductAttention_0/query/kernel", 3), hidden = Sizes($"{Block}/MlpBlock_0/Dense_0/kernel", 2);
        bool hasClassToken = tensors.ContainsKey("cls"), normalizesInput = tensors.ContainsKey("norm_pre/scale");
        int registers = tensors.ContainsKey("reg") ? Sizes("reg", 3)[1] : 0;
        (int grid, PositionScope scope) = GridOf(positions[1], hasClassToken, registers, Positions);
        return new EncoderForm
        {
            Kind = tensors.ContainsKey("conv_root/kernel") ? EncoderKind.Hybrid : EncoderKind.Vit,
            Layers = CountOf(TransformerBlock()),
            Width = embedding[3],
            Heads = query[1],
            Hidden = hidden[1],
            Patch = embedding[0],
            Grid = grid,
            HasClassToken = hasClassToken,
            Registers = registers,
            Positions = scope,
            HasEmbeddingBias = !normalizesInput || tensors.ContainsKey("embedding/bias"),
            NormalizesInput = normalizesInput,
            NormalizesQueries = tensors.ContainsKey($"{Block}/MultiHeadDotProductAttention_0/query_ln/scale"),
            ScalesBranches = tensors.ContainsKey($"{Block}/LayerScale_0/gamma"),
            NormalizesMean = tensors.ContainsKey("fc_norm/scale"),
            NormEpsilon = normalizesInput ? EpsilonOfClip : EncoderForm.UsualEpsilon,
            StemWidth = tensors.ContainsKey("conv_root/kernel") ? StemWidth() : 0,
            StemUnits = tensors.ContainsKey("conv_root/kernel") ? StemUnits() : [],
            Representation = Outputs("pre_logits/kernel"),
            Classes = Outputs("head/kernel"),
        };
    }

    // The positions are as many as the patches, or as those and the tokens before them that have one too. Squares are far apart, so that their number tells which.
    private (int Grid, PositionScope Scope) GridOf(int positions, bool hasClassToken, int registers, string name)
    {
        int classToken = hasClassToken ? 1 : 0;
        List<(int Prefix, PositionScope Scope)> scopes = [(classToken + registers, PositionScope.AllTokens)];
        if (hasClassToken && registers > 0) scopes.Add((classToken, PositionScope.ClassTokenAndPatches));
        if (classToken + registers > 0) scopes.Add((0, PositionScope.Patches));
        List<(int Prefix, PositionScope Scope)> fitting = [.. scopes.Where(item => Root(positions - item.Prefix) > 0)];
        if (fitting.Count == 1) return (Root(positions - fitting[0].Prefix), fitting[0].Scope);
        string which = $"has {positions} positions{(hasClassToken ? ", with or without one for the class token" : "")}{(registers > 0 ? $" and {registers} for the registers" : "")}";
        throw Wrong(name, fitting.Count == 0 ? $"{which}; the patches of a square image are a square number" : $"{which}, and it does not follow which of them are those of the patches");
    }

    private int StemWidth()
    {
        int width = Sizes("conv_root/kernel", 4)[3];
        if (width % GroupsOfNormalization != 0) throw Wrong("conv_root/kernel", $"has {width} outputs, which {GroupsOfNormalization} groups of the normalization cannot share evenly");
        return width;
    }

    private int[] StemUnits()
    {
        int stages = CountOf(Stage(), first: 1, most: MostStages);
        return [.. Enumerable.Range(1, stages).Select(stage => CountOf(new Regex($"^block{stage}/unit([0-9]+)/"), first: 1))];
    }

    // How many numbers the names have at one place. They must follow each other.
    private int CountOf(Regex numbered, int first = 0, int most = int.MaxValue)
    {
        HashSet<string> numbers = [.. tensors.Keys.Select(name => numbered.Match(name)).Where(match => match.Success).Select(match => match.Groups[1].Value)];
        if (numbers.Count > most) throw new InvalidDataException($"{path} has {numbers.Count} parts like '{Example(first)}'; at most {most} are known.");
        int missing = Enumerable.Range(first, numbers.Count).FirstOrDefault(number => !numbers.Contains($"{number}"), -1);
        return missing < 0 ? numbers.Count : throw new InvalidDataException($"{path} has no '{Example(missing)}', though it has {numbers.Count} such parts; they are numbered from {first} without gaps. The file is not whole.");

        string Example(int number) => numbered.ToString().TrimStart('^').Replace("([0-9]+)", $"{number}", StringComparison.Ordinal).TrimEnd('/');
    }

    private int Outputs(string name) => tensors.ContainsKey(name) ? Sizes(name, 2)[1] : 0;

    private int[] Sizes(string name, int dimensions)
    {
        if (!tensors.TryGetValue(name, out StoredTensor? tensor)) throw new InvalidDataException($"{path}: the tensor '{name}' is missing; the form of the network follows from it.");
        if (tensor.Shape.Length != dimensions || tensor.Shape.Any(size => size is < 1 or > int.MaxValue))
            throw Wrong(name, $"has the shape [{string.Join(", ", tensor.Array.Shape)}], expected {dimensions} dimensions, none of them empty");
        return Array.ConvertAll(tensor.Shape, size => (int)size);
    }

    private int SquareRoot(int patches, string name, string what)
    {
        int root = Root(patches);
        return root > 0 ? root : throw Wrong(name, $"{what}; the patches of a square image are a square number");
    }

    // 0 where the number is no square.
    private static int Root(int number)
    {
        int root = (int)Math.Sqrt(Math.Max(0, number));
        return root * root == number ? root : 0;
    }

    private InvalidDataException Wrong(string name, string what) => new($"{path}: '{tensors[name].Array.Name}' {what}.");

    [GeneratedRegex("^Transformer/encoderblock_([0-9]+)/")]
    private static partial Regex TransformerBlock();

    [GeneratedRegex("^MixerBlock_([0-9]+)/")]
    private static partial Regex MixerBlock();

    [GeneratedRegex("^block([0-9]+)/")]
    private static partial Regex Stage();
}

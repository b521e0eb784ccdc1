using System.Globalization;
using System.Text.RegularExpressions;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Pretrained;

/// <summary>The names of the published npz files, brought into one scheme.</summary>
/// <remarks>
/// Older files number the parts of a module one after another whatever they are (LayerNorm_0, MultiHeadDotProductAttention_1, LayerNorm_2, MlpBlock_3); newer
/// ones count each kind from 0. Training states put everything below <c>opt/target/</c> or <c>params/</c>.
/// </remarks>
internal static partial class PublishedNames
{
    private static readonly string[] Prefixes = ["opt/target/", "params/"];

    // Where big_vision keeps the positions, and where the older files do.
    private const string TopPositions = "pos_embedding", Positions = "Transformer/posembed_input/pos_embedding";

    // The number of a block is its place, not the count of its kind.
    private static readonly string[] Blocks = ["encoderblock", "MixerBlock"];

    /// <summary>The tensors of a file by their names in the newer scheme.</summary>
    /// <exception cref="InvalidDataException">Two tensors have the same one.</exception>
    internal static Dictionary<string, StoredTensor> Normalize(ArrayFile file)
    {
        List<(string[] Parts, StoredArray Array)> named = [.. file.Select(array => (WithoutPrefix(array.Name).Split('/'), array))];
        Dictionary<string, string> renamed = Renamed(named.Select(item => item.Parts));
        var tensors = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach ((string[] parts, StoredArray array) in named)
        {
            string name = string.Join('/', parts.Select((_, depth) => renamed[Key(parts, depth)]));
            if (name == TopPositions) name = Positions;
            if (!tensors.TryAdd(name, Squeezed(name, array))) throw new InvalidDataException($"{file.Path}: '{array.Name}' and '{tensors[name].Array.Name}' are both the tensor '{name}'; a checkpoint holds each once.");
        }

        return tensors;
    }

    // The new name of every part of every path, by the path up to it.
    private static Dictionary<string, string> Renamed(IEnumerable<string[]> paths)
    {
        var renamed = new Dictionary<string, string>(StringComparer.Ordinal);
        IEnumerable<(string Parent, string Key, string Part)> all = paths.SelectMany(parts => parts.Select((part, depth) => (Key(parts, depth - 1), Key(parts, depth), part)));
        foreach (var siblings in all.Distinct().GroupBy(item => item.Parent, StringComparer.Ordinal))
        {
            foreach ((_, string key, string part) in siblings) renamed[key] = part;
            var numbered = from item in siblings
                           let match = Numbered().Match(item.Part)
                           where match.Success && !Blocks.Contains(match.Groups[1].Value)
                           group (item.Key, Number: long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)) by match.Groups[1].Value;
            foreach (var kind in numbered)
            {
                foreach ((int count, (string key, _)) in kind.OrderBy(item => item.Number).Index()) renamed[key] = $"{kind.Key}_{count}";
            }
        }

        return renamed;
    }

    private static string Key(string[] parts, int depth) => string.Join('/', parts[..(depth + 1)]);

    /// <summary>A name as it stands in the file, without what training states put before it.</summary>
    internal static string WithoutPrefix(string name) => Array.Find(Prefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal)) is string prefix ? name[prefix.Length..] : name;

    // Scales and shifts of group normalization have dimensions of size 1 in some files.
    private static StoredTensor Squeezed(string name, StoredArray array) => GroupNorm().IsMatch(name) && array.Shape.Count > 1 && array.Shape.Count(size => size != 1) <= 1
        ? new StoredTensor(array, [array.Count], tensor => tensor.reshape(-1))
        : StoredTensor.Whole(array);

    [GeneratedRegex(@"^(.+)_(0|[1-9][0-9]{0,8})$")]
    private static partial Regex Numbered();

    [GeneratedRegex(@"(^|/)gn([0-9]+|_root|_proj)/")]
    private static partial Regex GroupNorm();
}

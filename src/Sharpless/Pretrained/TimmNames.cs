using System.Text.RegularExpressions;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Weights;

namespace Sharpless.Pretrained;

/// <summary>The names and shapes of vision transformers and Mixers in PyTorch's library timm (<c>blocks.0.attn.qkv.weight</c>), brought to those of the published npz files.</summary>
/// <remarks>
/// Weights are [outputs, inputs] there, of convolutions [outputs, inputs, height, width], and query, key and value are one layer. The number of heads is not in the
/// file: the caller says it, or it follows from normalized queries, or each has 64 features, as in all of timm's but the widest (1280, 16 heads of 80).
/// The own files of DINOv2 (<c>register_tokens</c>) and DeiT III (<c>gamma_1</c>) differ in these names.
/// </remarks>
internal static partial class TimmNames
{
    // A tensor that all of them have.
    private const string Anchor = "blocks.0.norm1.weight";
    private const long UsualHeadWidth = 64, WidestWidth = 1280, WidestHeads = 16;

    private static readonly (string Pattern, string Replacement)[] Modules =
    [
        (@"^cls_token$", "cls"),
        (@"^(reg_token|register_tokens)$", "reg"),
        (@"^norm_pre\.", "norm_pre/"),
        (@"^fc_norm\.", "fc_norm/"),
        (@"^pos_embed$", "Transformer/posembed_input/pos_embedding"),
        (@"^patch_embed\.proj\.", "embedding/"),
        (@"^stem\.proj\.", "stem/"),
        (@"^pre_logits\.fc\.", "pre_logits/"),
        (@"^head\.", "head/"),
        (@"\bnorm1\.", "LayerNorm_0/"),
        (@"\bnorm2\.", "LayerNorm_1/"),
        (@"\b(ls1\.gamma|gamma_1)$", "LayerScale_0/gamma"),
        (@"\b(ls2\.gamma|gamma_2)$", "LayerScale_1/gamma"),
        (@"\battn\.", "MultiHeadDotProductAttention_0/"),
        (@"/q_norm\.", "/query_ln/"),
        (@"/k_norm\.", "/key_ln/"),
        (@"/proj\.", "/out/"),
        (@"\bmlp_tokens\.", "token_mixing/"),
        (@"\bmlp_channels\.", "channel_mixing/"),
        (@"\bmlp\.", "MlpBlock_0/"),
        (@"\bfc1\.", "Dense_0/"),
        (@"\bfc2\.", "Dense_1/"),
    ];

    /// <summary>What stands before all names of a network that is named so; null where a file holds none.</summary>
    /// <exception cref="InvalidDataException">It holds two.</exception>
    internal static string? PrefixIn(ArrayFile file)
    {
        HashSet<string> anchor = [Anchor];
        string prefix = WrapperPrefix.Find(file.Select(array => array.Name), anchor, file.Path);
        return file.Any(array => array.Name == prefix + Anchor) ? prefix : null;
    }

    /// <summary>Whether a name beside the network is that of one of its parts all the same.</summary>
    internal static bool IsPart(string name) => Part().IsMatch(name);

    /// <summary>The tensors of a file by their names in the published npz files.</summary>
    /// <param name="file">The file.</param>
    /// <param name="prefix">From <see cref="PrefixIn"/>. What does not stand below it is left out.</param>
    /// <param name="heads">Attention heads; null where the file tells them, or has the usual number.</param>
    /// <exception cref="InvalidDataException">Two tensors have the same name.</exception>
    internal static Dictionary<string, StoredTensor> Translate(ArrayFile file, string prefix, int? heads)
    {
        List<(string Name, StoredArray Array)> own = [.. file.Where(array => array.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(array => (array.Name[prefix.Length..], array))];
        if (own.Any(item => item.Name.StartsWith("patch_embed.backbone.", StringComparison.Ordinal)))
            throw new InvalidDataException($"{file.Path} holds a hybrid with timm's names; of those, plain vision transformers and Mixers can be read. The published npz file of the hybrid can be.");
        bool isMixer = own.Any(item => item.Name is "blocks.0.mlp_tokens.fc1.weight");
        long headWidth = own.FirstOrDefault(item => item.Name is "blocks.0.attn.q_norm.weight").Array?.Count ?? 0;
        var tensors = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach ((string given, StoredArray array) in own)
        {
            foreach ((string name, StoredTensor tensor) in Translate(given, array, isMixer, width => HeadsOf(width, heads, headWidth)))
            {
                if (!tensors.TryAdd(name, tensor)) throw new InvalidDataException($"{file.Path}: '{array.Name}' and '{tensors[name].Array.Name}' are both the tensor '{name}'; a checkpoint holds each once.");
            }
        }

        return tensors;
    }

    private static IEnumerable<(string Name, StoredTensor Tensor)> Translate(string given, StoredArray array, bool isMixer, Func<long, long> headsOf)
    {
        string name = Modules.Aggregate(given, (text, rule) => Regex.Replace(text, rule.Pattern, rule.Replacement));
        name = Block().Replace(name, isMixer ? "MixerBlock_$1/" : "Transformer/encoderblock_$1/");
        name = Norm().Replace(name, isMixer ? "pre_head_layer_norm/" : "Transformer/encoder_norm/");
        string module = name[..(name.LastIndexOf('/') + 1)], leaf = name[module.Length..];
        long[] s = [.. array.Shape];
        if (leaf == "qkv.weight" && s.Length == 2 && s[0] == 3 * s[1] && s[1] > 0) return Attention(array, module, "kernel", s[1], headsOf(s[1]));
        if (leaf == "qkv.bias" && s.Length == 1 && s[0] % 3 == 0 && s[0] > 0) return Attention(array, module, "bias", s[0] / 3, headsOf(s[0] / 3));
        if (leaf == "weight" && module.EndsWith("/out/", StringComparison.Ordinal) && s.Length == 2 && s[1] % headsOf(s[1]) == 0)
        {
            long[] shape = [headsOf(s[1]), s[1] / headsOf(s[1]), s[0]];
            return [(module + "kernel", new StoredTensor(array, shape, weight => weight.transpose(0, 1).reshape(shape)))];
        }

        return (leaf, s) switch
        {
            ("weight", [_, _]) => [(module + "kernel", new StoredTensor(array, [s[1], s[0]], weight => weight.transpose(0, 1)))],
            ("weight", [_, _, _, _]) => [(module + "kernel", new StoredTensor(array, [s[2], s[3], s[1], s[0]], weight => weight.permute(2, 3, 1, 0)))],
            ("weight", _) => [(module + "scale", StoredTensor.Whole(array))],
            _ => [(name, StoredTensor.Whole(array))],
        };
    }

    // [3 D, D] or [3 D]: query, key and value, each head by head.
    private static IEnumerable<(string Name, StoredTensor Tensor)> Attention(StoredArray array, string module, string leaf, long width, long heads)
    {
        long perHead = width / heads;
        foreach ((int part, string name) in ((string[])["query", "key", "value"]).Index())
        {
            long[] shape = leaf == "bias" ? [heads, perHead] : [width, heads, perHead];
            yield return ($"{module}{name}/{leaf}", new StoredTensor(array, shape, all =>
            {
                Tensor own = all.narrow(0, part * width, width);
                return (leaf == "bias" ? own : own.transpose(0, 1)).reshape(shape);
            }));
        }
    }

    private static long HeadsOf(long width, int? heads, long headWidth) =>
        heads ?? (headWidth > 0 ? Math.Max(1, width / headWidth) : width == WidestWidth ? WidestHeads : Math.Max(1, width / UsualHeadWidth));

    [GeneratedRegex(@"^blocks\.(\d+)\.")]
    private static partial Regex Block();

    [GeneratedRegex(@"^(((module|model|_orig_mod|encoder|backbone)\.)*)(blocks|patch_embed|norm_pre|norm|fc_norm|(cls|reg|dist)_token|register_tokens|pos_embed)(\.|$)")]
    private static partial Regex Part();

    [GeneratedRegex(@"^norm\.")]
    private static partial Regex Norm();
}

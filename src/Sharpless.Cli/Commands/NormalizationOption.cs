using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Sharpless.Data;
using Sharpless.Pretrained;

namespace Sharpless.Cli.Commands;

/// <summary><c>--normalization</c>: what pixels become before a network takes them, by a name or by numbers.</summary>
internal static class NormalizationOption
{
    /// <summary>The name under which networks take blue before green and red.</summary>
    internal const string Caffe = "caffe";

    private static readonly Dictionary<string, Normalization> Known = new()
    {
        ["symmetric"] = new PretrainedRankOptions().Normalization,
        ["unit"] = Normalization.None(3),
        ["bytes"] = Normalization.OfBytes,
        ["imagenet"] = new([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]),
        [Caffe] = Normalization.OfCaffe,
    };

    internal static Option<string> Create()
    {
        var option = new Option<string>("--normalization")
        {
            Description =
                "What pixels become: symmetric (-1 to 1, as published), unit (0 to 1), bytes (0 to 255), imagenet "
                + "(mean 0 and variance 1 over ImageNet, as PyTorch's own networks want them), caffe (0 to 255 less "
                + "ImageNet's mean, blue first, as networks from Caffe want them), or means and deviations of red, "
                + "green and blue, of pixels from 0 to 1: 0.48,0.46,0.41/0.27,0.26,0.28.",
            DefaultValueFactory = _ => "symmetric",
            HelpName = "HOW",
        };
        option.CompletionSources.Add([.. Known.Keys]);
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && Find(token.Value) is null)
                result.AddError($"--normalization is '{token.Value}'; known: {string.Join(", ", Known.Keys)}, or "
                    + "three means and three deviations above 0, M,M,M/S,S,S.");
        });
        return option;
    }

    internal static Normalization Read(string text) => Find(text) ?? throw new UnreachableException();

    private static Normalization? Find(string text)
    {
        if (Known.TryGetValue(text, out Normalization? known)) return known;
        float[][] numbers = [.. text.Split('/').Select(part => Array.ConvertAll(part.Split(','), Number))];
        return numbers is [{ Length: 3 } means, { Length: 3 } deviations] && means.All(float.IsFinite)
            && deviations.All(value => float.IsFinite(value) && value > 0)
            ? new Normalization(means, deviations)
            : null;
    }

    private static float Number(string text) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) ? value : float.NaN;
}

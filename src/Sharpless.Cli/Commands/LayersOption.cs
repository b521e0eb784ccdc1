using System.CommandLine;
using System.Globalization;

namespace Sharpless.Cli.Commands;

/// <summary><c>--return-layer</c>: blocks of an image encoder, the same for every command that looks at them.</summary>
internal static class LayersOption
{
    /// <returns>An option whose value is empty for all blocks; -1 is the last.</returns>
    internal static Option<int[]> Create() => new("--return-layer")
    {
        Description = "Blocks, counted from 1 and separated by commas; -1 for the last, all for all. All of them take one pass.",
        HelpName = "LIST",
        DefaultValueFactory = _ => [-1],
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (text == "all") return [];
            int[] layers = Array.ConvertAll(text.Split(','), part => int.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int layer) ? layer : 0);
            if (layers.All(layer => layer is > 0 or -1)) return layers;
            result.AddError($"--return-layer is '{text}'; expected blocks counted from 1 and separated by commas, such as 4,8,12, or -1 for the last, or all.");
            return [-1];
        },
    };
}

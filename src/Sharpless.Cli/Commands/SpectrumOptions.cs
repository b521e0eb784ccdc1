using System.CommandLine;
using System.Globalization;
using Sharpless.Analysis;
using Sharpless.Cli.Hosting;

namespace Sharpless.Cli.Commands;

/// <summary>Options of every command that takes the rank of features.</summary>
internal static class SpectrumOptions
{
    internal static Option<double[]> Thresholds() => new("--thresholds")
    {
        Description = "Shares of the variance to explain, strictly between 0 and 1, separated by commas.",
        DefaultValueFactory = _ => [0.99, 0.95, 0.9, 0.85],
        HelpName = "LIST",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            double[] shares = Array.ConvertAll(text.Split(','), part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double share) ? share : double.NaN);
            if (shares.All(share => share is > 0 and < 1)) return [.. shares.Distinct()];
            result.AddError($"--thresholds is '{text}'; expected numbers strictly between 0 and 1, such as 0.99,0.95.");
            return [];
        },
    };

    internal static Option<string> Center() => TextOption.Word(
        "--center", "What is subtracted first: the mean of each example (as published), of each feature (textbook principal components), or none.", "example", "MEAN",
        "example", "feature", "none");

    internal static Centering CenteringOf(string name) => Enum.Parse<Centering>(name, ignoreCase: true);
}

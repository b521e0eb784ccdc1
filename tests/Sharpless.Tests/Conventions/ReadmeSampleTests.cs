using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Sharpless.Tests.Conventions;

/// <summary>The library sample of the README is a program that is built with the tests, and runs.</summary>
public partial class ReadmeSampleTests
{
    private const int Steps = 10;

    [Fact]
    public void The_readme_prints_the_sample_to_the_letter()
    {
        string readme = File.ReadAllText(Path.Combine(SourceTree.Root, "README.md"));
        string printed = Assert.Single(CSharpBlock().Matches(readme)).Groups[1].Value;
        Assert.Equal(File.ReadAllText(Path.Combine(SourceTree.Root, "samples", "FirstSteps", "Program.cs")), printed);
    }

    [Fact]
    public void The_sample_runs_and_its_loss_falls()
    {
        MethodInfo main = Assembly.Load("Sharpless.Samples.FirstSteps").EntryPoint!;
        TextWriter console = Console.Out;
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        Console.SetOut(output);
        try
        {
            main.Invoke(null, [Array.Empty<string>()]);
        }
        finally
        {
            Console.SetOut(console);
        }

        double[] losses = [.. LossInLine().Matches(output.ToString()).Select(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.Equal(Steps, losses.Length);
        // Ten classes at random: log 10 = 2.3 at first. The images are the same in each step, so a network that learns remembers them.
        Assert.InRange(losses[0], 1.5, 4);
        Assert.InRange(losses[^1], 0, 0.7 * losses[0]);
    }

    [GeneratedRegex(@"^```csharp\n([\s\S]*?)^```", RegexOptions.Multiline)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex(@"^step \d+: loss ([0-9.]+),", RegexOptions.Multiline)]
    private static partial Regex LossInLine();
}

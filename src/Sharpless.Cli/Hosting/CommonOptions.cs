using System.CommandLine;
using System.Text.RegularExpressions;

namespace Sharpless.Cli.Hosting;

/// <summary>Options that every command takes.</summary>
internal static partial class CommonOptions
{
    internal static readonly Option<bool> Json = new("--json") { Description = "Print one JSON document on stdout, everything else on stderr.", Recursive = true };

    internal static readonly Option<bool> Verbose = new("--verbose") { Description = "Show the stack trace of errors.", Recursive = true };

    internal static readonly Option<string> Device = new("--device")
    {
        Description = "Where to compute: auto, cpu or cuda[:n].", DefaultValueFactory = _ => "auto", HelpName = "DEVICE", Recursive = true,
    };

    internal static readonly Option<string> Precision = Recursively(
        TextOption.Word("--precision", "Type of the model's weights while computing: auto (bf16 where the hardware has it), fp32 or bf16.", "auto", "TYPE", "auto", "fp32", "bf16"));

    internal static readonly Option<int> Threads = Recursively(NumberOption.Integer("--threads", "Threads to compute with; the default is one for each core.", Environment.ProcessorCount, minimum: 1));

    internal static readonly Option<int> Seed = Recursively(NumberOption.Integer("--seed", "Seed of all random numbers.", 0));

    static CommonOptions() => Device.Validators.Add(result =>
    {
        if (result.Tokens is [{ Value: var text }] && !DeviceName().IsMatch(text)) result.AddError($"{Device.Name} is '{text}'; known: auto, cpu, cuda, and cuda:n with the number of a device.");
    });

    internal static IEnumerable<Option> All => [Json, Device, Precision, Threads, Seed, Verbose];

    [GeneratedRegex("^(auto|cpu|cuda(:[0-9]+)?)$")]
    private static partial Regex DeviceName();

    private static Option<T> Recursively<T>(Option<T> option)
    {
        option.Recursive = true;
        return option;
    }
}

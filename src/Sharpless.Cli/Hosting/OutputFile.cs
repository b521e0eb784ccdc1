using System.CommandLine;
using Sharpless.Analysis;
using Sharpless.Cli.Report;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Hosting;

/// <summary>
/// A file that a command was told to write. What lies at its place is overwritten only where the program wrote it for the
/// same purpose, or with <c>--force</c>; everything else is refused before work begins.
/// </summary>
/// <param name="Words">What it is, as a sentence names it.</param>
/// <param name="IsOwn">Whether a file at its place was written for the same purpose.</param>
internal sealed record OutputFile(string Words, Predicate<string> IsOwn)
{
    private const string ForceName = "--force";

    /// <summary>A report.</summary>
    internal static readonly OutputFile Report = new("a report", PageFrame.IsReport);

    /// <summary>Features, as <c>--features-out</c> writes them.</summary>
    internal static readonly OutputFile Features = new("a features file", FeatureArchive.Is);

    /// <summary>The option of every command that writes a file to a place of the user's choice.</summary>
    internal static Option<bool> Force() => new(ForceName)
    {
        Description = "Overwrite the file at the place of an output, also one that this program did not write for the same purpose.",
    };

    /// <summary>Whether the command line says so.</summary>
    internal static bool IsForced(ParseResult parsed) => parsed.GetValue<bool>(ForceName);

    /// <summary>Refuses a place where something would be lost, or that cannot be written.</summary>
    /// <param name="parsed">For <c>--force</c>, where the command has it.</param>
    /// <param name="option">The option that names the place.</param>
    /// <param name="path">The place; null for no output.</param>
    /// <exception cref="UsageException">It is a folder, another file, or cannot be written.</exception>
    internal void Require(ParseResult parsed, string option, string? path)
    {
        if (path is null) return;
        if (Directory.Exists(path))
        {
            throw new UsageException(
                $"{option} is '{path}', which is a folder; {Words} is one file.", $"Name a file in it: {option} {Path.Combine(path, "NAME")}");
        }

        bool hasForce = parsed.CommandResult.Command.Options.Any(known => known.Name == ForceName);
        if (File.Exists(path) && !(hasForce && IsForced(parsed)) && !IsOwn(path))
        {
            string hint = hasForce ? $"Name another file with {option}, or add {ForceName} to overwrite it." : "Move it away.";
            throw new UsageException($"'{path}' is there already and is not {Words} of this program.", hint);
        }

        RequireWritable(option, path);
    }

    /// <summary>Refuses a place that cannot be written.</summary>
    /// <param name="option">The option that names the place.</param>
    /// <param name="path">The place; null for no output.</param>
    /// <exception cref="UsageException">It is below a file, or writing fails.</exception>
    internal static void RequireWritable(string option, string? path)
    {
        if (path is null) return;
        // Tried with a file of another name: the output itself appears only when it is whole.
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } above)
        {
            if (File.Exists(folder))
            {
                throw new UsageException(
                    $"{option} is '{path}', but '{folder}' is a file, not a folder.", $"Name another place with {option}.");
            }

            folder = above;
        }

        try
        {
            string trial = Path.Combine(folder, Path.GetRandomFileName() + AtomicFile.PartEnding);
            File.Create(trial, 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            (string message, string hint) = FileTrouble.Explain(error);
            throw new UsageException($"{option} is '{path}', which cannot be written. {message}", hint, error);
        }
    }
}

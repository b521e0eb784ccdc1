using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sharpless.Cli.Hosting;
using Sharpless.Data;
using Sharpless.Torch.Pictures;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless data</c>: which data sets there are, fetching them, checking their files.</summary>
internal static class DataCommand
{
    private static readonly Option<string?> DataDir = new("--data-dir")
    {
        Description = $"Folder of the data sets. Default: the variable {DataFolder.Variable}, else ~/.local/share/sharpless.",
        HelpName = "DIR",
        Recursive = true,
    };

    internal static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = $"One of {string.Join(", ", DataSets.Known.Select(set => set.Name))}." };

        var list = new Command("list", "Show the data sets: size, licence, and where each was found or how to get it. Example: sharpless data list");
        list.SetAction(Action((session, parsed, _) => List(session, Folder(parsed))));

        var from = new Option<string[]>("--from")
        {
            Description = "Take these files, fetched by other means, instead of fetching: the published files of the set, under any names.",
            HelpName = "FILE",
            AllowMultipleArgumentsPerToken = true,
        };
        var get = new Command("get", """
            Fetch a data set and check it. A download that broke off is gone on with.
            Example: sharpless data get cifar10
            Example: sharpless data get cifar10 --from ~/Downloads/cifar-10-binary.tar.gz
            Example: sharpless data get mnist --from train-images.idx3-ubyte train-labels.idx1-ubyte t10k-images.idx3-ubyte t10k-labels.idx1-ubyte
            """) { name, from, OutputFile.Force(), DryRun.Option() };
        get.SetAction(Action((session, parsed, cancel) => Get(session, Folder(parsed), parsed.GetRequiredValue(name), parsed.GetValue(from) ?? [], OutputFile.IsForced(parsed), cancel)));

        var verify = new Command("verify", "Compare the files of a data set with their known checksums. Example: sharpless data verify mnist") { name, DryRun.Option() };
        verify.SetAction(Action((session, parsed, _) => Verify(session, Folder(parsed), parsed.GetRequiredValue(name))));

        return new Command("data", "List, fetch and check data sets. Example: sharpless data list") { DataDir, list, get, verify };
    }

    private static Func<ParseResult, CancellationToken, Task<int>> Action(Func<Session, ParseResult, CancellationToken, int> body) =>
        (parsed, cancel) => Session.Action((session, stop) => body(session, parsed, stop))(parsed, cancel);

    private static string Folder(ParseResult parsed) => DataFolder.Resolve(parsed.GetValue(DataDir));

    private static int List(Session session, string folder)
    {
        session.WriteJson(new
        {
            DataDir = folder,
            DataSets = DataSets.Known.Select(set => new
            {
                set.Name,
                set.Description,
                Train = set.TrainCount,
                Test = set.TestCount,
                (set as KnownImages)?.Classes,
                Shape = set is KnownImages { Shape: var shape } ? new[] { shape.Channels, shape.Height, shape.Width } : null,
                set.Licence,
                set.Origin,
                Found = set.Locate(folder),
                Get = set.HowToGet,
            }),
        });
        if (session.Json) return ExitCode.Done;

        foreach (KnownSet set in DataSets.Known)
        {
            string where = set.Locate(folder) is { } path ? $"found: {path}" : $"not here, get it: {set.HowToGet}";
            session.Output.WriteLine($"""
                {set.Name}: {set.Description}
                  {Number(set.TrainCount)} training and {Number(set.TestCount)} test examples {Kind(set)}
                  {set.Origin}, licence {set.Licence}
                  {where}

                """);
        }
        session.Output.WriteLine($"Folder of the data sets: {folder}");
        session.Output.WriteLine("Your own images: --dataset npz:FILE, with x_train [N, C, H, W] or [N, H, W, C] (uint8 or float32), y_train [N], x_test, y_test;");
        session.Output.WriteLine($"or --dataset folder:DIR, with pictures of one size in DIR/train/CLASS/ and DIR/test/CLASS/ ({string.Join(", ", PictureFile.Endings)}).");
        return ExitCode.Done;
    }

    private static int Get(Session session, string folder, string name, string[] from, bool isForced, CancellationToken cancel)
    {
        KnownSet set = DataSets.KnownNamed(name);
        if (DryRun.IsAsked(session.Parsed)) return DryRun.Write(session, "data get", Resolved(folder));
        var lines = new ProgressLines(session.Errors);
        // A file of the set's name that is another one may be anybody's.
        if (!isForced && set.Verify(folder).FirstOrDefault(file => !file.Passed && File.Exists(file.Path)) is { } other)
        {
            throw new UsageException($"'{other.Path}' is there already and is not the file that {set.Name} needs.", "Move it away, or add --force to overwrite it.");
        }

        string path = from.Length > 0 ? set.Take(folder, from, lines, cancel) : set.Get(folder, lines, cancel);
        session.WriteJson(new { set.Name, Path = path });
        if (!session.Json) session.Output.WriteLine($"{set.Name} is in {path}");
        return ExitCode.Done;
    }

    private static int Verify(Session session, string folder, string name)
    {
        KnownSet set = DataSets.KnownNamed(name);
        if (DryRun.IsAsked(session.Parsed)) return DryRun.Write(session, "data verify", Resolved(folder));
        IReadOnlyList<FileCheck> files = set.Verify(folder);
        bool passed = files.All(file => file.Passed);
        session.WriteJson(new
        {
            set.Name,
            Ok = passed,
            Files = files.Select(file => new { File = file.Path, Ok = file.Passed, ExpectedSha256 = file.Expected, FoundSha256 = file.Found }),
        });
        if (!session.Json)
        {
            foreach (FileCheck file in files) session.Output.WriteLine($"{Verdict(file),-9}  {file.Path}");
            session.Output.WriteLine(passed ? $"{set.Name}: all files are {set.Genuine}." : $"{set.Name}: not all files are {set.Genuine}. Fetch it again: {set.HowToGet} --force");
        }
        return passed ? ExitCode.Done : ExitCode.Failed;
    }

    private static Dictionary<string, JsonElement> Resolved(string folder) => new() { ["data-dir"] = JsonOutput.Element(folder) };

    private static string Verdict(FileCheck file) => file.Passed ? "ok" : File.Exists(file.Path) ? "different" : "missing";

    private static string Kind(KnownSet set) => set is KnownImages images ? $"of {images.Shape}, {images.Classes} classes" : "with captions";

    private static string Number(int value) => value.ToString("N0", CultureInfo.InvariantCulture);
}

using System.Globalization;
using Sharpless.Cli.Tests.Commands;
using Sharpless.Torch;
using Sharpless.Training;

namespace Sharpless.Cli.Tests.Training;

/// <summary>
/// A run whose files were damaged, lost or exchanged goes on to the bytes of an unbroken run, or is refused before work. Never does it end with something else
/// without a word.
/// </summary>
public sealed class DamagedRunTests(DamagedRunTests.BrokenRun runs) : IClassFixture<DamagedRunTests.BrokenRun>
{
    private const string Newest = "checkpoint/state.safetensors", Earlier = "checkpoint/state.previous.safetensors";

    private TinyTraining Tiny => runs.Tiny;

    [Theory]
    [InlineData(Newest, 40)]
    [InlineData(Earlier, 4)]
    [InlineData("metrics.csv", 6)]
    [InlineData("config.json", 20)]
    [InlineData("spectra/iteration-00000006.npz", 6)]
    [InlineData("snapshots/epoch-0001.safetensors", 6)]
    public void A_flipped_bit_never_changes_the_outcome(string file, int times)
    {
        for (int seed = 0; seed < times; seed++)
        {
            var random = new Random(seed);
            string run = runs.Copy();
            byte[] bytes = File.ReadAllBytes(Path.Combine(run, file));
            // Half of the places are in the first 4096 bytes, where the header is.
            int place = random.Next(seed % 2 == 0 ? Math.Min(4096, bytes.Length) : bytes.Length), bit = random.Next(8);
            bytes[place] ^= (byte)(1 << bit);
            File.WriteAllBytes(Path.Combine(run, file), bytes);
            runs.AssertSameOrRefused(run, string.Create(CultureInfo.InvariantCulture, $"{file}, bit {bit} of byte {place}"));
        }
    }

    [Fact]
    public void A_missing_file_never_changes_the_outcome()
    {
        foreach (string file in runs.Files)
        {
            string run = runs.Copy();
            File.Delete(Path.Combine(run, file));
            runs.AssertSameOrRefused(run, $"{file} deleted");
        }
    }

    [Fact]
    public void A_cut_file_never_changes_the_outcome()
    {
        foreach (string file in runs.Files)
        {
            foreach (Func<long, long> cut in new Func<long, long>[] { _ => 0, length => length / 3, length => length - 1 })
            {
                string run = runs.Copy();
                using (FileStream stream = File.OpenWrite(Path.Combine(run, file))) stream.SetLength(cut(stream.Length));
                runs.AssertSameOrRefused(run, $"{file} cut");
            }
        }
    }

    [Fact]
    public void A_damaged_checkpoint_costs_one_interval_and_two_the_run()
    {
        string run = runs.Copy();
        Damage(run, Newest);
        Assert.Null(runs.Resume(run));
        runs.AssertSame(run, "newest damaged");
        string log = File.ReadAllText(Path.Combine(run, "log.txt"));
        Assert.Contains("resume after iteration 8", log, StringComparison.Ordinal);
        Assert.Contains("is damaged", log, StringComparison.Ordinal);

        run = runs.Copy();
        Damage(run, Newest);
        Damage(run, Earlier);
        AssertRefused(run, "state.safetensors' is damaged", "state.previous.safetensors' is damaged");
    }

    [Fact]
    public void Metrics_and_events_are_made_again_from_the_checkpoint()
    {
        foreach (Action<string> damage in new Action<string>[] { File.Delete, path => File.WriteAllText(path, "epoch,iteration\n0,0\n") })
        {
            string run = runs.Copy();
            damage(Path.Combine(run, "metrics.csv"));
            Assert.Null(runs.Resume(run));
            runs.AssertSame(run, "metrics.csv");
        }

        string events = Path.GetFileName(Directory.GetFiles(runs.Broken, "events.*").Single());
        foreach (int cut in new[] { 1, 20, 700 })
        {
            string run = runs.Copy();
            using (FileStream stream = File.OpenWrite(Path.Combine(run, events))) stream.SetLength(stream.Length - cut);
            Assert.Null(runs.Resume(run));
            runs.AssertSame(run, $"event file cut by {cut}");
        }
    }

    [Fact]
    public void A_checkpoint_of_another_seed_is_refused_and_so_is_another_format()
    {
        string other = runs.Break("other seed", runs.Options with { Seed = 1 }), run = runs.Copy();
        File.Copy(Path.Combine(other, Newest), Path.Combine(run, Newest), overwrite: true);
        AssertRefused(run, "belongs to another run: --seed is 1 there, 0 here");

        run = runs.Copy();
        string path = Path.Combine(run, Newest);
        byte[] bytes = File.ReadAllBytes(path);
        int format = bytes.AsSpan().IndexOf("\"format\":\"2\""u8);
        bytes[format + 10] = (byte)'3';
        File.WriteAllBytes(path, bytes);
        AssertRefused(run, "is of format 3", "reads format 2");
    }

    [Fact]
    public void Other_data_or_initial_weights_under_the_same_name_are_refused()
    {
        string data = Tiny.WriteData("changing", 96), first = Path.Combine(runs.Whole, "weights.safetensors"), init = Tiny["init.safetensors"];
        File.Copy(first, init);
        TrainOptions options = runs.Options with { DataSet = $"npz:{data}", InitialWeights = init };
        string run = runs.Break("changed", options);

        Tiny.WriteData("changing", 96, noise: 90);
        AssertRefused(run, options, "the data that are here now are not those it began with");
        Tiny.WriteData("changing", 96);
        File.Copy(Path.Combine(runs.Whole, "snapshots", "epoch-0001.safetensors"), init, overwrite: true);
        AssertRefused(run, options, "the weights that it started from that are here now");
        File.Copy(first, init, overwrite: true);
        Assert.Null(runs.Resume(run, options));

        // What is measured of a finished run must be measured on its data too.
        Tiny.WriteData("changing", 96, noise: 90);
        (int code, _, string errors) = TinyRun.Invoke("rank", "--run", run);
        Assert.Equal(2, code);
        Assert.Contains("was trained on other data", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_finished_run_with_a_damaged_file_is_mended_or_refused()
    {
        foreach (string file in new[] { "weights.safetensors", "metrics.csv", "result.json", Newest, "spectra/iteration-00000024.npz", "weights-swa.safetensors" })
        {
            string run = runs.Copy(runs.Whole);
            Damage(run, file);
            runs.AssertSameOrRefused(run, $"{file} of a finished run");
        }
    }

    [Fact]
    public void The_terminal_names_what_is_damaged()
    {
        TinyRun.Invoke(Tiny.Short("told"));
        byte[] weights = File.ReadAllBytes(Tiny["told/weights.safetensors"]);
        File.Delete(Tiny["told/weights.safetensors"]);
        Damage(Tiny["told"], Newest);
        (int code, _, string errors) = TinyRun.Invoke(Tiny.Short("told", "--resume"));
        Assert.True(code == 0, errors);
        Assert.Contains("warning: ", errors, StringComparison.Ordinal);
        Assert.Contains("state.safetensors' is damaged", errors, StringComparison.Ordinal);
        Assert.Contains("goes on from step 23", errors, StringComparison.Ordinal);
        Assert.Equal(weights, File.ReadAllBytes(Tiny["told/weights.safetensors"]));

        Damage(Tiny["told"], Newest);
        Damage(Tiny["told"], Earlier);
        File.Delete(Tiny["told/result.json"]);
        (code, _, errors) = TinyRun.Invoke(Tiny.Short("told", "--resume"));
        Assert.True(code == 2, errors);
        Assert.Contains("hint: ", errors, StringComparison.Ordinal);
    }

    private static void Damage(string run, string file)
    {
        string path = Path.Combine(run, file);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private void AssertRefused(string run, params string[] expected) => AssertRefused(run, runs.Options, expected);

    private void AssertRefused(string run, TrainOptions options, params string[] expected)
    {
        Exception? refusal = runs.Resume(run, options);
        string message = Assert.IsAssignableFrom<UsageException>(refusal).Message;
        Assert.All(expected, text => Assert.Contains(text, message, StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(run, "weights.safetensors")));
    }

    /// <summary>An unbroken run of 24 steps, and the same one broken off after step 14: checkpoints of steps 8 and 12, evaluations of 0, 6 and 12.</summary>
    public sealed class BrokenRun : IDisposable
    {
        private int _copies;

        public BrokenRun()
        {
            Whole = Tiny["whole"];
            Trainer.Run(Options, Place(Whole));
            Broken = Break("broken", Options);
        }

        internal TinyTraining Tiny { get; } = new();

        internal string Whole { get; }

        internal string Broken { get; }

        internal TrainOptions Options => new()
        {
            DataSet = $"npz:{Tiny.Data}", Model = "classifier", ModelWidth = 4, Epochs = 4, BatchSize = 16, MaximumLearningRate = 0.05, SamRho = 0.1, EvaluationPeriod = 6, AnalysisCount = 32,
            AnalyzesFeatures = true, SnapshotPeriod = 1, AveragesWeights = true,
        };

        /// <summary>The files of the broken run that decide what it goes on to.</summary>
        internal IEnumerable<string> Files => Directory.EnumerateFiles(Broken, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Broken, file)).Where(file => file != "log.txt");

        public void Dispose() => Tiny.Dispose();

        internal string Break(string name, TrainOptions options)
        {
            string folder = Tiny[name];
            Assert.Throws<IOException>(() => Trainer.Run(options, Place(folder), progress => { if (progress.Iteration == 14) throw new IOException("broken off"); }));
            return folder;
        }

        internal string Copy(string? run = null)
        {
            run ??= Broken;
            string copy = Tiny[$"copy {++_copies}"];
            foreach (string file in Directory.EnumerateFiles(run, "*", SearchOption.AllDirectories))
            {
                string to = Path.Combine(copy, Path.GetRelativePath(run, file));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(file, to);
            }

            return copy;
        }

        /// <summary>Goes on with a run; returns why it was refused, or null.</summary>
        internal Exception? Resume(string run, TrainOptions? options = null)
        {
            try
            {
                Trainer.Run(options ?? Options, Place(run) with { Resumes = true });
                return null;
            }
            catch (Exception error) when (error is UsageException or InvalidDataException)       // what the program ends with code 2 for
            {
                return error;
            }
        }

        internal void AssertSameOrRefused(string run, string message)
        {
            if (Resume(run) is null) AssertSame(run, message);
        }

        internal void AssertSame(string run, string message)
        {
            string[] kept = [.. Directory.EnumerateFiles(Whole, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Whole, file))
                .Where(file => file is not ("log.txt" or "result.json") && !file.StartsWith("checkpoint", StringComparison.Ordinal) && !file.StartsWith("events", StringComparison.Ordinal))];
            foreach (string file in kept)
            {
                Assert.True(File.Exists(Path.Combine(run, file)), $"{message}: there is no {file}");
                byte[] expected = File.ReadAllBytes(Path.Combine(Whole, file)), actual = File.ReadAllBytes(Path.Combine(run, file));
                Assert.True(expected.AsSpan().SequenceEqual(actual), $"{message}: {file} differs, first at byte {expected.AsSpan().CommonPrefixLength(actual)} of {expected.Length}");
            }

            Assert.Equal(Events(Whole), Events(run));
            Assert.Equal(Final(Whole), Final(run));
        }

        private static EventRecord[] Events(string run) =>
            [.. EventRecord.Read(Directory.GetFiles(run, "events.*").Single()).OrderBy(record => record.Step).ThenBy(record => record.Tag, StringComparer.Ordinal)];

        private static string Final(string run) => TrainResult.Load(run).Final.OrderBy(item => item.Key, StringComparer.Ordinal).Aggregate("", (text, item) => $"{text} {item.Key}={item.Value}");

        private static TrainPlace Place(string folder)
        {
            Runtime.Threads = 1;                                                 // other tests of the process may have set them
            return new TrainPlace { Folder = folder, CheckpointPeriod = 4 };
        }
    }
}

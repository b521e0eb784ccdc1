using System.CommandLine;
using System.Text.Json;
using Sharpless.Cli.Commands;
using Sharpless.Cli.Hosting;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Tests.Commands;

public sealed class RankAndKnnCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sharpless-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Rank_prints_the_promised_keys()
    {
        // Rows 2e1, 2e1, 1e2: without centering s = sqrt(8), 1, so shares 8/9 and 1.
        string file = Npy("features", [3, 2], [2, 0, 2, 0, 0, 1]);
        (int code, string output, string errors) = Invoke("rank", "--features", file, "--center", "none", "--thresholds", "0.5,0.90", "--json");
        Assert.Equal((0, ""), (code, errors));
        JsonElement tap = Assert.Single(JsonDocument.Parse(output).RootElement.GetProperty("taps").EnumerateArray());
        Assert.Equal(("features", 3, 2, "none"), (tap.GetProperty("tap").GetString(), tap.GetProperty("examples").GetInt32(), tap.GetProperty("dimensions").GetInt32(), tap.GetProperty("centering").GetString()));
        Assert.Equal("""{"0.5":1,"0.9":2}""", string.Concat(tap.GetProperty("rank").ToString().Where(c => !char.IsWhiteSpace(c))));
        double[] values = [.. tap.GetProperty("singular_values").EnumerateArray().Select(value => value.GetDouble())];
        Assert.Equal([Math.Sqrt(8), 1], values.Select(value => Math.Round(value, 14)).ToArray(), (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void Rank_centers_examples_unless_told_otherwise_and_names_it()
    {
        string file = Npy("features", [2, 3], [1, 1, 1, 5, 5, 5]);
        (int code, string output, _) = Invoke("rank", "--features", file);
        Assert.Equal(0, code);
        Assert.Contains("centering: example", output, StringComparison.Ordinal);
        Assert.Equal(0, Rank(file));
        Assert.Equal(1, Rank(file, "--center", "feature"));
        Assert.Equal(1, Rank(Npy("longer", [3, 2], [2, 0, 2, 0, 0, 1]), "--center", "none", "--examples", "2"));
    }

    [Fact]
    public void A_table_wider_than_the_console_stands_upright()
    {
        string file = Npy("f", [3, 2], [2, 0, 2, 0, 0, 1]);
        // 80 columns hold one threshold beside the rest, but not four.
        Assert.Matches(@"│ tap │ examples │ dimensions │ rank 0\.9 │", Invoke("rank", "--features", file, "--center", "none", "--thresholds", "0.9").Output);
        string upright = Invoke("rank", "--features", file, "--center", "none").Output;
        Assert.Matches(@"│ rank 0\.99 +│ +2 │", upright);
        Assert.Matches(@"│ stable rank +│ 1\.13 │", upright);
        Assert.DoesNotContain("…", upright, StringComparison.Ordinal);
    }

    [Fact]
    public void Rank_only_gives_the_ranks_and_leaves_out_what_takes_the_whole_spectrum()
    {
        // Three directions with squares 9, 4 and 1, and nothing else.
        var entries = new float[1024 * 1024];
        (entries[0], entries[1025], entries[2050]) = (3, 2, 1);
        string file = Npy("low", [1024, 1024], entries);
        (int code, string output, string errors) = Invoke("rank", "--features", file, "--center", "none", "--thresholds", "0.9,0.99", "--rank-only", "--json");
        Assert.Equal((0, ""), (code, errors));
        JsonElement tap = Assert.Single(Taps(output));
        Assert.Equal((2, 3), (tap.GetProperty("rank").GetProperty("0.9").GetInt32(), tap.GetProperty("rank").GetProperty("0.99").GetInt32()));
        Assert.True(tap.GetProperty("partial").GetBoolean());
        Assert.False(tap.TryGetProperty("effective_rank", out _));
        Assert.Equal(3, tap.GetProperty("singular_values").GetArrayLength());
        (_, output, _) = Invoke("rank", "--features", file, "--center", "none", "--rank-only");
        Assert.Contains("effective rank: not known", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_several_arrays_gives_one_tap_each_or_the_one_named()
    {
        string file = Npz(("b", [2, 2], [1, 0, 0, 1]), ("a", [2, 3], [1, 0, 0, 0, 0, 0]));
        (_, string all, _) = Invoke("rank", "--features", file, "--json");
        Assert.Equal(["b", "a"], Taps(all).Select(tap => tap.GetProperty("tap").GetString()));
        (_, string one, _) = Invoke("rank", "--features", file, "--key", "a", "--json");
        Assert.Equal(["a"], Taps(one).Select(tap => tap.GetProperty("tap").GetString()));
        Refused("It has 'b', 'a'", "rank", "--features", file, "--key", "c");
    }

    [Fact]
    public void Arrays_of_foreign_types_are_passed_over_and_named()
    {
        string file = Foreign("mixed");
        (int code, string output, string errors) = Invoke("rank", "--features", file, "--json");
        Assert.Equal(0, code);
        Assert.Equal(["a"], Taps(output).Select(tap => tap.GetProperty("tap").GetString()));
        JsonElement passed = Assert.Single(JsonDocument.Parse(output).RootElement.GetProperty("passed_over").EnumerateArray());
        Assert.Equal(("b", "dtype 'F8_E4M3'", file), (passed.GetProperty("name").GetString(), passed.GetProperty("reason").GetString(), passed.GetProperty("file").GetString()));
        Assert.Equal($"note: passed over in {file}: 'b', dtype 'F8_E4M3'.", errors.Trim());
        // With the name of a good one nothing is passed over; a foreign one by its name is refused.
        Assert.Equal("", Invoke("rank", "--features", file, "--key", "a", "--json").Errors);
        Refused("'b'", "rank", "--features", file, "--key", "b");
        Refused("holds no array of numbers: 'b' is dtype 'F8_E4M3'", "rank", "--features", Foreign("foreign", hasGood: false));
    }

    [Fact]
    public void Knn_passes_over_the_same_arrays()
    {
        string file = Foreign("mixed");
        (int code, string output, string errors) = Invoke("knn", "--train-features", file, "--train-labels", Labels("l", 0, 1), "--test-features", file, "--test-labels", Labels("l", 0, 1), "--k", "1", "--json");
        Assert.Equal(0, code);
        Assert.Equal(2, JsonDocument.Parse(output).RootElement.GetProperty("passed_over").GetArrayLength());
        Assert.Contains("'b', dtype 'F8_E4M3'", errors, StringComparison.Ordinal);
        Refused("labels must be one-dimensional integers", "knn", "--train-features", file, "--train-labels", Foreign("labels", hasGood: false), "--test-features", file, "--test-labels", Labels("l", 0, 1));
    }

    // A tensor a [2, 2] of float32, and a tensor b of a type that is not known here.
    private string Foreign(string name, bool hasGood = true)
    {
        string path = Path.Combine(_folder, name + ".safetensors"), good = hasGood ? """{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[2,18]},""" : "{";
        byte[] header = System.Text.Encoding.UTF8.GetBytes(good + "\"b\"" + """:{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}"""), data = hasGood ? [0, 0, 0, 0, 0x80, 0x3f, .. new byte[8], 0, 0, 0x80, 0x3f] : [0, 0];
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)header.Length), .. header, .. data]);
        return path;
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("0.9,1.5")]
    [InlineData("nan")]
    [InlineData("0.9;0.8")]
    public void Thresholds_outside_zero_and_one_are_refused(string thresholds)
    {
        var root = new Command("sharpless") { RankCommand.Create() };
        Assert.NotEmpty(root.Parse(["rank", "--features", "f.npy", "--thresholds", thresholds]).Errors);
    }

    [Fact]
    public void What_is_no_feature_matrix_is_refused_before_any_work()
    {
        Refused("two dimensions", "rank", "--features", Npy("flat", [3], [1, 2, 3]));
        Refused("is empty", "rank", "--features", Npy("empty", [0, 3], []));
        Refused("Row 1 of the features (counted from 0) is not finite: NaN in column 1", "rank", "--features", Npy("bad", [2, 2], [1, 2, 3, float.NaN]));
        Refused("needs --features or --run", "rank");
        Refused("--taps has no effect with --features", "rank", "--features", "f.npy", "--taps", "a");
        Refused("takes", "rank", "--features", Npy("f", [2, 2], [1, 2, 3, 4]), "--memory-limit", "1KB");
        Refused("absent.npy", "rank", "--features", Path.Combine(_folder, "absent.npy"));
    }

    [Fact]
    public void Knn_prints_the_promised_keys()
    {
        (int code, string output, string errors) = Knn("--k", "1", "--json");
        Assert.Equal((0, ""), (code, errors));
        JsonElement tap = Assert.Single(Taps(output));
        Assert.Equal(("train", 1, 4, 2), (tap.GetProperty("tap").GetString(), tap.GetProperty("k").GetInt32(), tap.GetProperty("train_examples").GetInt32(), tap.GetProperty("test_examples").GetInt32()));
        Assert.Equal(0.5, tap.GetProperty("knn_error").GetDouble());
        Assert.Equal(0.5, tap.GetProperty("centroid_error").GetDouble());
    }

    [Fact]
    public void Knn_prints_a_table_for_people() => Assert.Contains("50.00 %", Knn("--k", "1").Output, StringComparison.Ordinal);

    [Fact]
    public void Knn_refuses_what_does_not_go_together()
    {
        Assert.Contains("--k is 10, but", Knn().Errors, StringComparison.Ordinal);
        Assert.Contains("--train-labels has 2 labels", Knn("--k", "1", "--train-labels", Labels("short", 1, 2)).Errors, StringComparison.Ordinal);
        Assert.Contains("one-dimensional integers", Knn("--k", "1", "--train-labels", Npy("real", [4], [0, 0, 1, 1])).Errors, StringComparison.Ordinal);
        Assert.Contains("2 features per example", Knn("--k", "1", "--test-features", Npy("wide", [2, 3], [1, 0, 0, 1, 0, 0])).Errors, StringComparison.Ordinal);
        Assert.Contains("bad.npy, 'train': Row 1 ", Knn("--k", "1", "--test-features", Npy("bad", [2, 2], [1, 0, 0, float.NaN])).Errors, StringComparison.Ordinal);
        Assert.Contains("bad.npy, 'bad': Row 3 ", Knn("--k", "1", "--train-features", Npy("bad", [4, 2], [1, 0, 0, 1, 1, 1, 1, float.NaN])).Errors, StringComparison.Ordinal);
        Refused("--train-labels is missing", "knn", "--train-features", "a.npy");
        Refused("--train-features does not go with --run", "knn", "--run", "r", "--train-features", "a.npy");
    }

    // Class 3 lies along the first axis and class 7 along the second; one of the two test examples is labelled wrongly.
    private (int Code, string Output, string Errors) Knn(params string[] more)
    {
        List<string> arguments =
        [
            "knn", "--train-features", Npy("train", [4, 2], [1, 0, 2, 0.1f, 0, 1, 0.1f, 3]), "--train-labels", Labels("train-labels", 3, 3, 7, 7),
            "--test-features", Npy("test", [2, 2], [5, 0, 0, 5]), "--test-labels", Labels("test-labels", 3, 3),
        ];
        foreach (string[] pair in more.Chunk(2))
        {
            int place = arguments.IndexOf(pair[0]);
            if (place >= 0) arguments.RemoveRange(place, 2);
            arguments.AddRange(pair);
        }

        return Invoke([.. arguments]);
    }

    private static List<JsonElement> Taps(string output) => [.. JsonDocument.Parse(output).RootElement.GetProperty("taps").EnumerateArray()];

    private int Rank(string file, params string[] more) =>
        Taps(Invoke(["rank", "--features", file, "--json", .. more]).Output)[0].GetProperty("rank").GetProperty("0.99").GetInt32();

    private void Refused(string message, params string[] arguments)
    {
        (int code, string output, string errors) = Invoke(arguments);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(message, errors, StringComparison.Ordinal);
        Assert.Equal(2, errors.Trim().Split('\n').Length);
        Assert.StartsWith("error: ", errors, StringComparison.Ordinal);
    }

    private string Npy(string name, long[] shape, float[] values)
    {
        string path = Path.Combine(_folder, name + ".npy");
        NpyFile.Write(path, new ArrayEntry(name, shape, values));
        return path;
    }

    private string Labels(string name, params long[] values)
    {
        string path = Path.Combine(_folder, name + ".npy");
        NpyFile.Write(path, new ArrayEntry(name, [values.Length], values));
        return path;
    }

    private string Npz(params (string Name, long[] Shape, float[] Values)[] arrays)
    {
        string path = Path.Combine(_folder, "several.npz");
        NpzFile.Write(path, [.. arrays.Select(array => new ArrayEntry(array.Name, array.Shape, array.Values))]);
        return path;
    }

    private static (int Code, string Output, string Errors) Invoke(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var root = new Command("sharpless") { RankCommand.Create(), KnnCommand.Create() };
        foreach (Option option in CommonOptions.All) root.Options.Add(option);
        int code = root.Parse(arguments).Invoke(new InvocationConfiguration { Output = output, Error = errors });
        return (code, output.ToString(), errors.ToString());
    }
}

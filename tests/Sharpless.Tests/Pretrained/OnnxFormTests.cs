using Sharpless.Pretrained;
using Sharpless.Torch;

namespace Sharpless.Tests.Pretrained;

/// <summary>ONNX files of many forms: other inputs, parts that cannot be run, weights elsewhere, damage.</summary>
public sealed class OnnxFormTests : IDisposable
{
    // Red, green and blue of two images of 2x3 pixels; the mean of a colour is 10, 20, 30, and 1 more in the second
    // image.
    private static readonly float[] Pixels =
        [.. from image in Enumerable.Range(0, 2) from colour in Enumerable.Range(1, 3) from pixel in Enumerable.Range(0,
        6) select (float)(10 * colour + image + 2 * pixel - 5)];
    private static readonly float[] Means = [10, 20, 30, 11, 21, 31];

    private readonly string _folder = Directory.CreateTempSubdirectory("sharpless-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(OnnxFile.Float, new long[] { 0, 3, 0, 0 }, null, null)]
    [InlineData(OnnxFile.Float, new long[0], null, null)]
    [InlineData(OnnxFile.Half, new long[] { 1, 3, 2, 0 }, 2, null)]
    [InlineData(OnnxFile.Double, new long[] { 0, 3, 2, 3 }, 2, 3)]
    public void Images_are_given_in_the_type_and_the_batches_that_the_file_asks_for(int type, long[] sizes, int? height,
        int? width)
    {
        using OnnxNetwork network = Load(
            new OnnxFile().Input("x", type, sizes)
                .Node("mean", "ReduceMean", "x", "y", OnnxFile.Attribute("axes", [2, 3])).Output("y", type), ["mean"]);
        Assert.Equal((height, width), (network.ImageHeight, network.ImageWidth));
        AssertMeans(network);
    }

    [Theory]
    [InlineData(OnnxFile.Float, new long[] { 0, 2, 3, 3 }), InlineData(OnnxFile.Bytes, new long[] { 0, 0, 0, 3 }),
        InlineData(OnnxFile.Bytes, new long[] { 2, 2, 0, 3 })]
    public void Colours_may_come_last(int type, long[] sizes)
    {
        using OnnxNetwork network = Load(
            new OnnxFile().Input("x", type, sizes)
                .Node("", "Cast", "x", "real", OnnxFile.Attribute("to", OnnxFile.Float))
                .Node("mean", "ReduceMean", "real", "y", OnnxFile.Attribute("axes", [1, 2]),
                    OnnxFile.Attribute("keepdims", 0)).Output("y"),
            ["mean"]);
        AssertMeans(network);
    }

    [Fact]
    public void Bytes_are_not_made_of_other_numbers()
    {
        using var scope = NewDisposeScope();
        using OnnxNetwork network =
            Load(new OnnxFile().Input("x", OnnxFile.Bytes, 0, 3, 0, 0)
            .Node("real", "Cast", "x", "y", OnnxFile.Attribute("to", OnnxFile.Float)).Output("y"), []);
        Assert.Equal(Pixels, network.Run(Tensor.From<float>([.. Pixels.Select(value => value + 1e-5f)], 2, 3, 2, 3))[0]
            .ToArray<float>());
        foreach (float wrong in new[] { 0.5f, -1, 256, float.NaN })
            Assert.Contains("whole numbers from 0 to 255",
                Assert.Throws<UsageException>(() => network.Run(full(1, 3, 2, 3, wrong))).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void What_depends_on_the_images_alone_is_measured_though_the_file_takes_more()
    {
        OnnxFile file = new OnnxFile().Input("x", OnnxFile.Float, 0, 3, 0, 0).Input("text", OnnxFile.Float, 0, 4)
            .Node("image", "ReduceMean", "x", "y", OnnxFile.Attribute("axes", [2, 3]),
                OnnxFile.Attribute("keepdims", 0)).Node("pair", "ReduceSum", "both", "z")
                .Node("both", "Concat", "y text", "both", OnnxFile.Attribute("axis", 1)).Output("z");
        using OnnxNetwork network = Load(file, ["image"]);
        AssertMeans(network);
        UsageException error = Assert.Throws<UsageException>(() => Load(file, ["image", "pair"]));
        Assert.Contains("2 inputs: 'x' [?, 3, ?, ?] of Float, 'text' [?, 4] of Float", error.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OnnxFile.Float, new long[] { 0, 1, 28, 28 }, "'x' [?, 1, 28, 28] of Float"),
        InlineData(OnnxFile.Float, new long[] { 0, 3 }, "'x' [?, 3] of Float")]
    [InlineData(OnnxFile.Long, new long[] { 0, 3, 8, 8 }, "'x' [?, 3, 8, 8] of Int64"),
        InlineData(OnnxFile.Long, new long[0], "'x' [] of Int64")]
    public void Other_inputs_are_refused_with_what_was_expected(int type, long[] sizes, string expected)
    {
        UsageException error =
            Assert.Throws<UsageException>(() =>
            Load(new OnnxFile().Input("x", type, sizes).Node("same", "Identity", "x", "y").Output("y", type), []));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("[B, 3, H, W] or [B, H, W, 3]", error.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(""), InlineData("own")]
    public void Operators_that_nobody_knows_do_not_matter_behind_what_is_measured(string domain)
    {
        OnnxFile file = new OnnxFile().Input("x", OnnxFile.Float, 0, 3, 0, 0)
            .Node("mean", "GlobalAveragePool", "x", "y").Node("own", domain, "Secret", "y", "z")
            .Node("after", "Relu", "z", "last").Output("last");
        using (OnnxNetwork network = Load(file, ["mean"])) AssertMeans(network);
        UsageException error = Assert.Throws<UsageException>(() => Load(file, []));
        Assert.Contains("Secret", error.Message, StringComparison.Ordinal);
        Assert.Contains("Nodes before the operator", error.Hint, StringComparison.Ordinal);
        Assert.Equal([("mean", "GlobalAveragePool", "y"), ("own", "Secret", "z"), ("after", "Relu", "last")],
            OnnxNetwork.Nodes(Write(file)));
    }

    [Fact]
    public void A_file_of_a_later_version_is_refused_with_what_to_do()
    {
        string path = Path.Combine(_folder, "later.onnx");
        File.WriteAllBytes(path, new OnnxFile().Input("x", OnnxFile.Float, 0, 3, 0, 0)
            .Node("mean", "GlobalAveragePool", "x", "y").Output("y").ToModel(opset: 999));
        UsageException error = Assert.Throws<UsageException>(() => OnnxNetwork.Load(path, [], threads: 1));
        Assert.Contains("999", error.Message, StringComparison.Ordinal);
        Assert.Contains("older version of ONNX", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Graphs_inside_a_node_keep_what_they_read_outside()
    {
        OnnxFile then = new OnnxFile().Node("", "Mul", "y two", "twice").Output("twice"), otherwise = new OnnxFile()
            .Node("", "Identity", "y", "once").Output("once");
        OnnxFile file = new OnnxFile().Input("x", OnnxFile.Float, 0, 3, 0, 0).Weights("two", [2], 1)
            .Weights("unused", [3], 1)
            .Node("mean", "GlobalAveragePool", "x", "y")
                .Node("", "ReduceMax", "x", "top", OnnxFile.Attribute("keepdims", 0))
                .Node("", "Cast", "top", "is", OnnxFile.Attribute("to", OnnxFile.Bool))
            .Node("choice", "If", "is", "z", OnnxFile.Attribute("then_branch", then),
                OnnxFile.Attribute("else_branch", otherwise)).Node("after", "Relu", "z", "last").Output("last");
        using var scope = NewDisposeScope();
        using OnnxNetwork network = Load(file, ["choice"]);
        Assert.Equal([.. Means.Select(mean => 2 * mean)], network.Run(Images())[0].ToArray<float>());
    }

    [Fact]
    public void Constants_and_names_given_twice_are_refused()
    {
        OnnxFile file = new OnnxFile().Input("x", OnnxFile.Float, 0, 3, 0, 0)
            .Node("constant", "Constant", "", "c", OnnxFile.Attribute("value", [1f], 1)).Node("", "Relu", "c", "d")
            .Node("mean", "GlobalAveragePool", "x", "y").Node("sum", "Add", "y d", "z").Output("z");
        foreach (string name in new[] { "constant", "c", "d" })
            Assert.Contains("does not depend on the images", Assert.Throws<UsageException>(() => Load(file, [name]))
                .Message, StringComparison.Ordinal);
        Assert.Contains("no node and no value 'x'", Assert.Throws<UsageException>(() => Load(file, ["x"])).Message,
            StringComparison.Ordinal);
        Assert.Contains("'mean' is named twice",
            Assert.Throws<UsageException>(() => Load(file, ["mean", "sum", "mean"])).Message, StringComparison.Ordinal);
        // A node and its value are two names of one thing.
        using var scope = NewDisposeScope();
        using OnnxNetwork network = Load(file, ["mean", "z", "y"]);
        IReadOnlyList<Tensor> values = network.Run(Images());
        Assert.Equal(Means, values[0].ToArray<float>());
        Assert.Equal([.. Means.Select(mean => mean + 1)], values[1].ToArray<float>());
        Assert.Equal(Means, values[2].ToArray<float>());
    }

    [Fact]
    public void Several_near_names_are_named()
    {
        OnnxFile file = new OnnxFile().Input("x", OnnxFile.Float, 0, 3, 0, 0)
            .Node("layer1", "GlobalAveragePool", "x", "first value").Node("layer2", "Relu", "first value", "y")
            .Output("y");
        Assert.StartsWith("Did you mean 'layer1' or 'layer2'? ",
            Assert.Throws<UsageException>(() => Load(file, ["layer3"])).Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_in_another_file_of_the_folder_are_read()
    {
        File.WriteAllBytes(Path.Combine(_folder, "weights.bin"),
            [1, 2, 3, 4, .. BitConverter.GetBytes(0.5f), .. BitConverter.GetBytes(3f)]);
        using var scope = NewDisposeScope();
        using OnnxNetwork network = Load(Scaled("weights.bin", "4", "4"), []);
        Assert.Equal([.. Means.Select(mean => mean / 2)], network.Run(Images())[0].ToArray<float>());
    }

    [Fact]
    public void Links_out_of_the_folder_as_model_hubs_make_them_are_refused_with_what_to_do()
    {
        string blobs = Directory.CreateDirectory(Path.Combine(_folder, "blobs")).FullName,
            snapshot = Directory.CreateDirectory(Path.Combine(_folder, "snapshot")).FullName;
        File.WriteAllBytes(Path.Combine(blobs, "1"), Scaled("network.onnx_data").ToModel());
        File.WriteAllBytes(Path.Combine(blobs, "2"), BitConverter.GetBytes(0.5f));
        string path = Path.Combine(snapshot, "network.onnx");
        File.CreateSymbolicLink(path, "../blobs/1");
        string data = Path.Combine(snapshot, "network.onnx_data");
        File.CreateSymbolicLink(data, "../blobs/2");
        UsageException error = Assert.Throws<UsageException>(() => OnnxNetwork.Load(path, [], threads: 1));
        Assert.Contains($"a link to '{Path.Combine(blobs, "2")}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("copy that file here", error.Message, StringComparison.Ordinal);
        File.Copy(data, data + ".2");
        File.Move(data + ".2", data, overwrite: true);
        using var scope = NewDisposeScope();
        using var network = OnnxNetwork.Load(path, [], threads: 1);
        Assert.Equal([.. Means.Select(mean => mean / 2)], network.Run(Images())[0].ToArray<float>());
    }

    [Fact]
    public void Weights_outside_the_folder_are_not_read()
    {
        string inside = Directory.CreateDirectory(Path.Combine(_folder, "inside")).FullName,
            outside = Path.Combine(_folder, "outside.bin");
        File.WriteAllBytes(outside, BitConverter.GetBytes(0.5f));
        File.WriteAllBytes(Path.Combine(_folder, "inside2.bin"), BitConverter.GetBytes(0.5f));
        string path = Path.Combine(inside, "network.onnx");
        foreach (string location in new[] { "../outside.bin", outside, "../inside2.bin", "a/../../outside.bin", "",
            "." })
        {
            File.WriteAllBytes(path, Scaled(location).ToModel());
            UsageException error = Assert.Throws<UsageException>(() => OnnxNetwork.Load(path, [], threads: 1));
            Assert.Contains("files elsewhere are not read", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("absent.bin", "0", "4", "is not in the folder"), InlineData("short.bin", "4", "4", "it has 6"),
        InlineData("short.bin", "9223372036854775807", "9223372036854775807", "it has 6")]
    [InlineData("short.bin", "-4", "4", "no number of bytes"), InlineData("short.bin", "x", null, "no number of bytes")]
    public void Weights_that_are_not_there_are_refused_by_name(string location, string offset, string? length,
        string expected)
    {
        File.WriteAllBytes(Path.Combine(_folder, "short.bin"), new byte[6]);
        UsageException error = Assert.Throws<UsageException>(() => Load(Scaled(location, offset, length), []));
        Assert.Contains("'factor'", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_more_than_two_gigabytes_is_refused_at_once()
    {
        string path = Path.Combine(_folder, "large.onnx");
        using (FileStream file = File.Create(path)) file.SetLength(int.MaxValue);
        UsageException error = Assert.Throws<UsageException>(() => OnnxNetwork.Load(path, [], threads: 1));
        Assert.Contains("2147483647 bytes", error.Message, StringComparison.Ordinal);
        Assert.Contains("external data", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Graphs_inside_graphs_without_end_are_refused()
    {
        OnnxFile graph = new OnnxFile().Node("", "Relu", "x", "y").Output("y");
        for (int depth = 0; depth < 200; depth++)
            graph = new OnnxFile().Node("n", "If", "x", "y", OnnxFile.Attribute("then_branch", graph)).Output("y");
        Assert.Contains("graphs inside graphs",
            Assert.Throws<UsageException>(() => Load(graph.Input("x", OnnxFile.Float, 0, 3, 0, 0), ["n"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Values_whose_size_depends_on_the_images_are_no_features()
    {
        using var scope = NewDisposeScope();
        using OnnxNetwork network =
            Load(new OnnxFile().Input("x", OnnxFile.Float, 1, 3, 2, 3).Node("where", "NonZero", "x", "w")
            .Node("", "Cast", "w", "y", OnnxFile.Attribute("to", OnnxFile.Float)).Output("y"), []);
        float[] pixels = [.. Pixels.Take(18), .. new float[17], 1];
        Assert.Contains("the sizes depend on the images",
            Assert.Throws<FailureException>(() => network.Run(Tensor.From<float>(pixels, 2, 3, 2, 3))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Another_network_may_prepare_the_images()
    {
        using var scope = NewDisposeScope();
        OnnxNetwork preparation =
            Load(new OnnxFile().Input("x", OnnxFile.Float, 1, 3, 2, 3).Weights("mean", [1, 2, 3], 1, 3, 1, 1)
            .Node("", "Sub", "x mean", "y").Output("y"), []);
        OnnxNetwork network =
            Load(new OnnxFile().Input("x", OnnxFile.Float, 0, 3, 0, 0).Node("mean", "GlobalAveragePool", "x", "y")
            .Output("y"), ["mean"]);
        using var both = new PreparedNetwork(preparation, network);
        Assert.Equal((2, 3), (both.ImageHeight, both.ImageWidth));
        Assert.Equal([9, 18, 27, 10, 19, 28], both.Run(Images())[0].ToArray<float>());
        using var wrong = new PreparedNetwork(
            Load(new OnnxFile().Input("x", OnnxFile.Float, 0, 3, 0, 0).Node("", "ReduceSum", "x", "y").Output("y"), []),
            Load(new OnnxFile().Input("x", OnnxFile.Float, 0, 3, 0, 0).Node("", "Relu", "x", "y").Output("y"), []));
        Assert.Contains("The preparation turns images", Assert.Throws<UsageException>(() => wrong.Run(Images()))
            .Message, StringComparison.Ordinal);
    }

    // The mean of each colour times a factor in another file.
    private static OnnxFile Scaled(string location, string? offset = null, string? length = null) => new OnnxFile()
        .Input("x", OnnxFile.Float, 0, 3, 0, 0)
        .WeightsElsewhere("factor", [1], location, offset, length).Node("", "GlobalAveragePool", "x", "mean")
            .Node("", "Mul", "mean factor", "y").Output("y");

    private static Tensor Images() => Tensor.From<float>(Pixels, 2, 3, 2, 3);

    private static void AssertMeans(OnnxNetwork network)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(Means, network.Run(Images())[0].ToArray<float>());
    }

    private OnnxNetwork Load(OnnxFile file, IReadOnlyList<string> nodes) =>
        OnnxNetwork.Load(Write(file), nodes, threads: 1);

    private string Write(OnnxFile file)
    {
        string path = Path.Combine(_folder, $"{Guid.NewGuid()}.onnx");
        File.WriteAllBytes(path, file.ToModel());
        return path;
    }
}

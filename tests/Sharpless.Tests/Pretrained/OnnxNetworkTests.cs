using Sharpless.Pretrained;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Tests.Pretrained;

/// <summary>The network of make_script.py in ONNX, against what PyTorch computed at the same places.</summary>
public class OnnxNetworkTests
{
    private static readonly (string Node, string Golden)[] Places =
        [("/stem/Conv", "stem"), ("/blocks/blocks.0/Add", "blocks.0"), ("/blocks/blocks.1/second/Add_output_0", "blocks.1.second"), ("/blocks/blocks.1/Add", "blocks.1"), ("output", "output")];

    [Theory, InlineData("own.onnx"), InlineData("own-batch2.onnx")]
    public void Every_node_gives_what_PyTorch_computes_there(string file)
    {
        using var scope = NewDisposeScope();
        using ArrayFile golden = ArrayFile.Open(PathOf("own.features.npz"));
        using var network = OnnxNetwork.Load(PathOf(file), [.. Places.Select(place => place.Node)], threads: 1);
        Assert.Equal((12, 12), (network.ImageHeight, network.ImageWidth));
        Assert.Equal(Places.Select(place => place.Node), network.Taps);
        // Three images: a file for batches of two takes them in two, and the fourth, which it makes up, is dropped.
        IReadOnlyList<Tensor> features = network.Run(golden["images"].ToTensor());
        foreach ((Tensor actual, (string node, string name)) in features.Zip(Places))
        {
            Tensor reference = golden[name].ToTensor();
            Assert.Equal(reference.shape, actual.shape);
            float[] expected = reference.ToArray<float>(), found = actual.ToArray<float>();
            float scale = expected.Max(Math.Abs);
            // Another order of float32 sums.
            Assert.All(expected.Zip(found), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-5f * scale, $"{node}: {pair.First} and {pair.Second}"));
        }
    }

    [Fact]
    public void Without_names_the_outputs_of_the_whole_are_given()
    {
        using var network = OnnxNetwork.Load(PathOf("own.onnx"), [], threads: 1);
        Assert.Equal(["output", "tokens"], network.Taps);
    }

    [Fact]
    public void A_name_that_is_not_there_is_refused_with_one_that_is()
    {
        UsageException error = Assert.Throws<UsageException>(() => OnnxNetwork.Load(PathOf("own.onnx"), ["/stem/Con"], threads: 1));
        Assert.Contains("'/stem/Con'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'/stem/Conv'", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Integers_are_no_features()
    {
        using var scope = NewDisposeScope();
        using var network = OnnxNetwork.Load(PathOf("own.onnx"), ["/Shape"], threads: 1);
        FailureException error = Assert.Throws<FailureException>(() => network.Run(zeros([1, 3, 12, 12])));
        Assert.Contains("'/Shape'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_no_network_are_refused_at_every_cut()
    {
        byte[] whole = File.ReadAllBytes(PathOf("own.onnx"));
        string file = Path.GetTempFileName();
        try
        {
            foreach (int length in Enumerable.Range(0, 40).Select(i => i * whole.Length / 40))
            {
                File.WriteAllBytes(file, whole[..length]);
                UsageException error = Assert.Throws<UsageException>(() => OnnxNetwork.Load(file, ["/stem/Conv"], threads: 1).Dispose());
                Assert.NotEmpty(error.Hint);
            }

            Assert.Throws<UsageException>(() => OnnxNetwork.Load(PathOf("own.features.npz"), [], threads: 1));
            Assert.Throws<UsageException>(() => OnnxNetwork.Load(file + ".absent", [], threads: 1));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string PathOf(string file) => GoldenFiles.PathOf("pretrained", file);
}

using System.Runtime.InteropServices;
using Sharpless.Torch.Files;

namespace Sharpless.Torch.Tests;

/// <summary>TorchScript modules give what PyTorch gave, at their output (tests/golden/pretrained/make_script.py).</summary>
public sealed class ScriptModuleTests
{
    [Theory, InlineData("own.pt"), InlineData("own-traced.pt")]
    public void The_output_is_that_of_pytorch_in_evaluation_mode(string name)
    {
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using ArrayFile golden = ArrayFile.Open(Golden("own.features.npz"));
        using ScriptModule module = ScriptModule.Load(Golden(name));
        // More than once: libtorch specializes the graph after the first runs.
        for (int run = 0; run < 3; run++)
        {
            Tensor expected = golden["output"].ToTensor(), output = module.Run(golden["images"].ToTensor());
            Assert.Equal(expected.shape, output.shape);
            double difference = (expected - output).abs().flatten().amax([0]).Item();
            Assert.True(difference < 1e-5, $"The largest difference is {difference}.");
        }
    }

    [Theory, InlineData("half"), InlineData("bfloat16")]
    public void A_network_with_weights_of_two_bytes_is_computed_in_float32(string name)
    {
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using ArrayFile golden = ArrayFile.Open(Golden("own.features.npz")), expected = ArrayFile.Open(Golden($"own-{name}.output.npy"));
        using ScriptModule module = ScriptModule.Load(Golden($"own-{name}.pt"));
        Tensor output = module.Run(golden["images"].ToTensor());
        Assert.Equal(ScalarType.Float32, output.dtype);
        double difference = (expected[0].ToTensor() - output).abs().flatten().amax([0]).Item();
        Assert.True(difference < 1e-5, $"The largest difference is {difference}.");
    }

    [Fact]
    public void What_fails_inside_a_network_is_told_with_its_reason()
    {
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using ScriptModule module = ScriptModule.Load(Golden("own-cast.pt"));
        string message = Assert.Throws<ExternalException>(() => module.Run(zeros([1, 3, 12, 12]))).Message;
        Assert.Contains("RuntimeError: Input type (c10::Half) and", message, StringComparison.Ordinal);
        using ScriptModule own = ScriptModule.Load(Golden("own.pt"));
        Assert.Contains("expected input[1, 5, 12, 12] to have 3 channels", Assert.Throws<ExternalException>(() => own.Run(zeros([1, 5, 12, 12]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_frozen_module_still_gives_its_output()
    {
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using ArrayFile golden = ArrayFile.Open(Golden("own.features.npz"));
        using ScriptModule module = ScriptModule.Load(Golden("own-frozen.pt"));
        Assert.True((golden["output"].ToTensor() - module.Run(golden["images"].ToTensor())).abs().flatten().amax([0]).Item() < 1e-5);
    }

    [Fact]
    public void Files_that_are_no_torchscript_are_refused()
    {
        Assert.Throws<FileNotFoundException>(() => ScriptModule.Load("absent.pt"));
        Assert.Throws<InvalidDataException>(() => ScriptModule.Load(Golden("make.py")));
        Assert.Contains("another zip archive; expected a TorchScript file", Assert.Throws<InvalidDataException>(() => ScriptModule.Load(Golden("vit.npz"))).Message, StringComparison.Ordinal);
        byte[] whole = File.ReadAllBytes(Golden("own.pt"));
        string cut = Path.GetTempFileName();
        try
        {
            for (int tenth = 0; tenth < 10; tenth++)
            {
                File.WriteAllBytes(cut, whole[..(whole.Length * tenth / 10)]);
                Assert.Throws<InvalidDataException>(() => ScriptModule.Load(cut));
            }
        }
        finally
        {
            File.Delete(cut);
        }
    }

    private static string Golden(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "tests", "golden", "pretrained", name);
            if (File.Exists(path)) return path;
        }

        throw new FileNotFoundException(name);
    }
}

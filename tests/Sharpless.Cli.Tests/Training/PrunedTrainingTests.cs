using System.Diagnostics;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Tests.Training;

/// <summary>A pruned network stays as sparse as it was, to the weight, through training with SAM, momentum and weight decay, SIGKILL and resume, save and load.</summary>
public sealed class PrunedTrainingTests(TinyTraining tiny) : IClassFixture<TinyTraining>
{
    [Theory]
    [InlineData("layer", "--amount=0.9")]
    [InlineData("2:4")]
    [InlineData("channel", "--amount=0.5")]
    [InlineData("channel", "--amount=0.5", "--shrink")]
    public void Training_from_a_pruned_network_keeps_its_zeros(string scopeName, params string[] options)
    {
        using var scope = NewDisposeScope();
        string sparse = tiny[$"{Path.GetRandomFileName()}.safetensors"], tuned = Path.GetRandomFileName();
        if (!Directory.Exists(tiny["dense"])) TrainingProgram.Run(tiny.Short("dense", "--epochs", "1")).AssertDone();
        TrainingProgram.Run(["prune", tiny["dense"], "--scope", scopeName, "--out", sparse, .. options]).AssertDone();
        IReadOnlyDictionary<string, bool[]> pruned = Pruned(MaskFile.PathFor(sparse));
        long count = pruned.Values.Sum(tensor => tensor.LongCount(gone => gone));
        Assert.Equal(!options.Contains("--shrink"), count > 0);

        string[] command = tiny.Short(
            tuned, "--epochs", "8", "--init", sparse, "--sam-rho", "0.2", "--momentum", "0.9", "--l2-reg", "0.01", "--lr-max", "0.05", "--resume");
        Process process = TrainingProgram.Begin(command);
        TrainingProgram.WaitUntil(process, () => File.Exists(tiny[$"{tuned}/checkpoint/state.safetensors"]));
        Assert.True(TrainingProgram.Kill(process, TimeSpan.Zero), "the run was done before it could be killed");
        TrainingProgram.Run(command).AssertDone();

        using ArrayFile before = ArrayFile.Open(sparse), after = ArrayFile.Open(tiny[$"{tuned}/weights.safetensors"]);
        foreach (StoredArray array in before.Where(array => array.Type == ScalarType.Float32 && !array.Name.Contains("running", StringComparison.Ordinal)))
        {
            float[] start = array.ToTensor().ToArray<float>(), end = after[array.Name].ToTensor().ToArray<float>();
            bool[] gone = pruned.TryGetValue(array.Name, out bool[]? mask) ? mask : new bool[start.Length];
            Assert.Equal(gone, end.Select(value => value == 0));
            Assert.True(start.Zip(end).Any(pair => pair.First != pair.Second), $"{array.Name} did not move");
        }

        // Saved, the network is as sparse as before, and its own mask goes with it.
        IReadOnlyDictionary<string, bool[]> saved = File.Exists(tiny[$"{tuned}/weights.mask.safetensors"]) ? Pruned(tiny[$"{tuned}/weights.mask.safetensors"]) : new Dictionary<string, bool[]>();
        foreach ((string name, bool[] gone) in pruned.Where(item => item.Value.Contains(true))) Assert.Equal(gone, saved[name]);
        Assert.Equal(count, saved.Values.Sum(tensor => tensor.LongCount(gone => gone)));
    }

    private static Dictionary<string, bool[]> Pruned(string maskFile) => MaskFile.Read(maskFile).ToDictionary(item => item.Key, item => item.Value.logical_not().ToArray<bool>());
}

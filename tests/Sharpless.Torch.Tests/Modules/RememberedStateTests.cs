using Sharpless.Torch.Modules;

namespace Sharpless.Torch.Tests.Modules;

/// <summary>What is done while a state is remembered leaves no trace, unless it is kept.</summary>
public sealed class RememberedStateTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Modes_settings_buffers_and_the_generator_come_back()
    {
        var pair = new Pair();
        pair.First.train(false);                                                 // one part alone: Train on the whole would forget it
        (pair.Second.Momentum, pair.Second.MovesStatistics, pair.Second.IsFrozen) = (0.3, false, true);
        string before = Describe(pair);
        using (RememberedState.Of(pair)) Disturb(pair);
        Assert.Equal(before, Describe(pair));
    }

    [Fact]
    public void Buffers_alone_can_be_kept()
    {
        var pair = new Pair();
        using (var state = RememberedState.Of(pair))
        {
            Disturb(pair);
            state.KeepBuffers();
        }

        Assert.All(pair.Buffers(), item => Assert.Equal([7f, 7f], item.Buffer.ToArray<float>()));
        Assert.True(pair.First.training && pair.Second.training && pair.Second.MovesStatistics);
    }

    [Fact]
    public void All_can_be_kept()
    {
        Pair kept = new(), plain = new();
        using (var state = RememberedState.Of(kept))
        {
            Runtime.Seed(3);
            Disturb(kept);
            state.Keep();
        }

        string expected = Describe(kept);
        Runtime.Seed(3);
        Disturb(plain);
        Assert.Equal(Describe(plain), expected);
    }

    [Fact]
    public void It_holds_no_tensor_after_its_end()
    {
        var pair = new Pair();
        long before = Runtime.LiveTensors;
        using (RememberedState.Of(pair)) Assert.True(Runtime.LiveTensors > before);
        Assert.Equal(before, Runtime.LiveTensors);
    }

    private static void Disturb(Pair pair)
    {
        pair.train(!pair.Second.training);
        foreach (BatchNorm layer in new[] { pair.First, pair.Second }) (layer.Momentum, layer.MovesStatistics, layer.IsFrozen) = (0.9, !layer.MovesStatistics, !layer.IsFrozen);
        foreach ((_, Tensor buffer) in pair.Buffers()) buffer.fill_(7);
        using Tensor drawn = randn(3);
    }

    private static string Describe(Pair pair)
    {
        using Tensor generator = Generator.DefaultState();
        IEnumerable<string> layers = new[] { pair.First, pair.Second }.Select(layer => $"{layer.training} {layer.Momentum} {layer.MovesStatistics} {layer.IsFrozen}");
        IEnumerable<string> buffers = pair.Buffers().Select(item => string.Join(' ', item.Buffer.ToArray<float>()));
        return string.Join(';', [$"{pair.training}", .. layers, .. buffers, Convert.ToHexString(generator.ToArray<byte>())]);
    }

    private sealed class Pair : Block
    {
        internal Pair() => (First, Second) = (this.Register("first", new BatchNorm(2)), this.Register("second", new BatchNorm(2)));

        internal BatchNorm First { get; }

        internal BatchNorm Second { get; }
    }
}

using Sharpless.Models;
using Sharpless.Pruning;
using Sharpless.Torch;

namespace Sharpless.Tests.Pruning;

/// <summary>Exactly as many weights go as were asked for, and they are the smallest: against the obvious version, a stable sort of all magnitudes.</summary>
public sealed class PrunerTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    public static TheoryData<double> Amounts => [0, 0.001, 0.29, 1.0 / 3, 0.5, 0.97, 1];

    public static TheoryData<ScalarType> Types => [ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16, ScalarType.Float16];

    [Theory, MemberData(nameof(Amounts))]
    public void Layer_prunes_the_smallest_of_each_tensor_with_ties_by_position(double amount)
    {
        Dictionary<string, Tensor> weights = Network(ScalarType.Float32);
        PruneResult result = Pruner.Masks(weights, new PruneOptions { Amount = amount }, []);
        Assert.Equal(["a.weight", "b.weight", "c.weight"], result.Live.Keys);
        foreach ((string name, Tensor live) in result.Live) Assert.Equal(Smallest([.. Values(weights[name])], amount), Pruned(live));
    }

    [Theory, MemberData(nameof(Amounts))]
    public void Global_prunes_the_smallest_of_all_tensors_with_ties_by_their_order(double amount)
    {
        Dictionary<string, Tensor> weights = Network(ScalarType.Float32);
        PruneResult result = Pruner.Masks(weights, new PruneOptions { Scope = PruneScope.Global, Amount = amount }, []);
        double[] all = [.. Values(weights["a.weight"]), .. Values(weights["b.weight"]), .. Values(weights["c.weight"])];
        Assert.Equal(Smallest(all, amount), result.Live.Values.SelectMany(Pruned));
    }

    [Theory, MemberData(nameof(Types))]
    public void Every_floating_point_type_is_pruned_by_its_own_values_and_keeps_its_type(ScalarType type)
    {
        Dictionary<string, Tensor> weights = Network(type);
        foreach (PruneScope scope in (PruneScope[])[PruneScope.Layer, PruneScope.Global, PruneScope.NM(2, 4), PruneScope.Channel])
        {
            PruneResult result = Pruner.Masks(weights, new PruneOptions { Scope = scope }, []);
            if (scope == PruneScope.Layer) Assert.Equal(Smallest([.. Values(weights["b.weight"])], 0.5), Pruned(result.Live["b.weight"]));
            foreach ((string name, Tensor pruned) in Pruner.Apply(weights, result.Live))
            {
                Assert.Equal(weights[name].dtype, pruned.dtype);
                bool[] isPruned = result.Live.TryGetValue(name, out Tensor? live) ? Pruned(live) : new bool[pruned.NumberOfElements];
                Assert.Equal(Values(weights[name]).Select((value, i) => isPruned[i] ? 0 : value), Values(pruned));
            }
        }
    }

    [Theory]
    [InlineData(0.29, 100, 29)]
    [InlineData(0.57, 100, 57)]
    [InlineData(1.0 / 3, 3, 1)]
    [InlineData(0.1, 11_000_000, 1_100_000)]
    [InlineData(0.7, 10, 7)]
    [InlineData(0.999, 100, 99)]
    [InlineData(0.299999, 10, 2)]
    [InlineData(0.0999999999, 1_000_000_000, 99_999_999)]
    [InlineData(0, 7, 0)]
    [InlineData(1, 7, 7)]
    public void The_count_is_the_floor_of_the_amount_that_was_meant(double amount, long count, long expected) => Assert.Equal(expected, SmallestFirst.Count(amount, count));

    [Fact]
    public void Every_percentage_of_every_small_count_is_what_whole_numbers_say()
    {
        for (int percent = 0; percent <= 100; percent++)
        {
            for (long count = 1; count <= 300; count++) Assert.Equal(percent * count / 100, SmallestFirst.Count(percent / 100.0, count));
        }
    }

    [Fact]
    public void Counts_are_exact_where_float32_does_not_hold_them()
    {
        const long Count = (1 << 24) + 9, Pruned = (1 << 24) + 1;
        Tensor live = SmallestFirst.Live(full([Count], 0.5, ScalarType.Float32), Pruned);
        Assert.Equal((Count - Pruned, Count - Pruned), ((long)live.sum().Item(), (long)live.narrow(0, Pruned, Count - Pruned).sum().Item()));
    }

    [Theory, InlineData(2, 4), InlineData(1, 4), InlineData(3, 4), InlineData(1, 2), InlineData(4, 9)]
    public void N_of_M_keeps_the_largest_of_each_group_along_the_inputs(int kept, int groupSize)
    {
        Dictionary<string, Tensor> weights = Network(ScalarType.Float32);            // inputs of one output: 36, 8 and 60
        PruneResult result = Pruner.Masks(weights, new PruneOptions { Scope = PruneScope.NM(kept, groupSize) }, []);
        Assert.Equal(groupSize == 9 ? ["b.weight", "c.weight"] : [], result.LeftWhole);
        Assert.Equal(weights.Keys.Where(name => name.EndsWith("weight", StringComparison.Ordinal) && name != "norm.weight").Except(result.LeftWhole), result.Live.Keys);
        foreach ((string name, Tensor live) in result.Live)
        {
            double[] values = [.. Values(weights[name])];
            bool[] expected = [.. values.Chunk(groupSize).SelectMany(group => Smallest(group, groupSize - kept))];
            Assert.Equal(expected, Pruned(live));
        }
    }

    [Theory, MemberData(nameof(Amounts))]
    public void Channel_prunes_the_rows_of_smallest_norm_with_what_belongs_to_them_and_leaves_the_last_linear_layer(double amount)
    {
        Dictionary<string, Tensor> weights = Network(ScalarType.Float32);
        PruneResult result = Pruner.Masks(weights, new PruneOptions { Scope = PruneScope.Channel, Amount = amount }, [new ChannelGroup("b", "norm", ["c"])]);
        Assert.Equal(["c.weight"], result.Exempt);
        Assert.Equal(["a.weight", "a.bias", "b.weight", "norm.weight", "norm.bias"], result.Live.Keys);
        foreach (string layer in (string[])["a", "b"])
        {
            double[][] rows = [.. Values(weights[$"{layer}.weight"]).Chunk((int)(weights[$"{layer}.weight"].NumberOfElements / weights[$"{layer}.weight"].size(0)))];
            bool[] expected = Smallest([.. rows.Select(row => Math.Sqrt(row.Sum(value => value * value)))], amount);
            Assert.Equal(expected.SelectMany(gone => Enumerable.Repeat(gone, rows[0].Length)), Pruned(result.Live[$"{layer}.weight"]));
            foreach (string part in layer == "a" ? (string[])["a.bias"] : ["norm.weight", "norm.bias"]) Assert.Equal(expected, Pruned(result.Live[part]));
        }
    }

    [Fact]
    public void Where_the_model_is_not_known_the_layers_whose_norms_may_belong_to_them_are_named()
    {
        Dictionary<string, Tensor> weights = Network(ScalarType.Float32);
        PruneResult result = Pruner.Masks(weights, new PruneOptions { Scope = PruneScope.Channel }, []);
        Assert.Equal(["a.weight", "b.weight"], result.NormsUnknown);
        Assert.Equal(["a.weight", "a.bias", "b.weight"], result.Live.Keys);
        Assert.Empty(Pruner.Masks(weights, new PruneOptions(), []).NormsUnknown);
        weights.Remove("norm.running_mean");
        Assert.Empty(Pruner.Masks(weights, new PruneOptions { Scope = PruneScope.Channel }, []).NormsUnknown);
    }

    [Fact]
    public void Channels_of_equal_norm_go_by_position()
    {
        var weights = new Dictionary<string, Tensor> { ["a.weight"] = full([5, 1, 1, 1], 0.5, ScalarType.Float32), ["out.weight"] = full([3, 5], 1, ScalarType.Float32) };
        PruneResult result = Pruner.Masks(weights, new PruneOptions { Scope = PruneScope.Channel, Amount = 0.4 }, []);
        Assert.Equal([true, true, false, false, false], Pruned(result.Live["a.weight"]));
    }

    public static TheoryData<string> Scopes => ["layer", "global", "channel", "2:4"];

    [Theory, MemberData(nameof(Scopes))]
    public void What_was_pruned_before_stays_pruned_and_counts_as_the_smallest(string scope)
    {
        Dictionary<string, Tensor> weights = Network(ScalarType.Float32);
        PruneOptions Options(double amount) => new() { Scope = PruneScope.Parse(scope), Amount = scope == "2:4" ? null : amount };
        PruneResult first = Pruner.Masks(weights, Options(0.3), []);
        // The largest weights go first here, so that order by magnitude alone would bring them back.
        Dictionary<string, Tensor> earlier = first.Live.ToDictionary(item => item.Key, item => scope == "2:4" ? item.Value.logical_not() : item.Value);
        IReadOnlyDictionary<string, Tensor> pruned = Pruner.Apply(weights, earlier);
        foreach (double amount in (double[])[0, 0.2, 0.6])
        {
            PruneResult second = Pruner.Masks(pruned, Options(amount), [], earlier);
            foreach ((string name, Tensor before) in earlier)
            {
                Assert.All(Pruned(before).Zip(Pruned(second.Live[name])), pair => Assert.True(!pair.First || pair.Second));
                if (scope == "layer") Assert.Equal(SmallestFirst.Count(Math.Max(0.3, amount), before.NumberOfElements), Pruned(second.Live[name]).Count(gone => gone));
            }
        }
    }

    [Fact]
    public void Live_weights_that_are_zero_do_not_go_before_those_that_are_pruned()
    {
        var weights = new Dictionary<string, Tensor> { ["a.weight"] = Tensor.From((float[])[0, 0, 5, 0], 2, 2) };
        var before = new Dictionary<string, Tensor> { ["a.weight"] = Tensor.From((bool[])[true, true, true, false], 2, 2) };
        PruneResult result = Pruner.Masks(weights, new PruneOptions { Amount = 0.25 }, [], before);
        Assert.Equal([false, false, false, true], Pruned(result.Live["a.weight"]));
    }

    [Fact]
    public void Exempt_tensors_are_left_alone_by_name_layer_or_wildcard()
    {
        Dictionary<string, Tensor> weights = Network(ScalarType.Float32);
        Assert.Equal(["b.weight"], ExemptBy("b.weight"));
        Assert.Equal(["b.weight"], ExemptBy("b"));
        Assert.Equal(["a.weight", "b.weight", "c.weight"], ExemptBy("*"));
        Assert.Equal(["a.weight", "c.weight"], ExemptBy("c", "a.*"));
        string message = Assert.Throws<UsageException>(() => ExemptBy("d")).Message;
        Assert.Contains("'d'", message, StringComparison.Ordinal);

        IReadOnlyList<string> ExemptBy(params string[] patterns)
        {
            PruneResult result = Pruner.Masks(weights, new PruneOptions { Scope = PruneScope.Global, Exempt = patterns }, []);
            Assert.Empty(result.Live.Keys.Intersect(result.Exempt));
            return result.Exempt;
        }
    }

    [Fact]
    public void Norms_are_pruned_too_where_the_published_way_is_asked_for()
    {
        Dictionary<string, Tensor> weights = Network(ScalarType.Float32);
        PruneResult result = Pruner.Masks(weights, new PruneOptions { IncludeNorms = true }, []);
        Assert.Equal(["a.weight", "b.weight", "norm.weight", "c.weight"], result.Live.Keys);
        Assert.Equal(3, Pruned(result.Live["norm.weight"]).Count(gone => gone));
    }

    [Fact]
    public void The_summary_counts_exact_zeros_of_all_prunable_tensors()
    {
        Dictionary<string, Tensor> weights = Network(ScalarType.Float32);
        PruneResult result = Pruner.Masks(weights, new PruneOptions { Amount = 0.29, Exempt = ["b"] }, []);
        PruneSummary summary = Pruner.Summary(weights, result), after = Pruner.Summary(Pruner.Apply(weights, result.Live), result);
        long zeros = (29 * 180 / 100) + 1 + (29 * 240 / 100);                         // b has one zero by itself
        Assert.Equal((zeros, 180 + 48 + 240), (summary.Zeros, summary.Parameters));
        Assert.Equal((double)zeros / 468, summary.Sparsity);
        Assert.Equal([new("a.weight", 52, 180), new("b.weight", 1, 48), new TensorZeros("c.weight", 69, 240)], summary.Tensors);
        Assert.Equal(["b.weight"], summary.Exempt);
        Assert.Equal(summary.Tensors, after.Tensors);
    }

    [Theory, InlineData(double.NaN), InlineData(double.PositiveInfinity)]
    public void Weights_that_are_not_finite_are_refused_by_name(double value)
    {
        Dictionary<string, Tensor> weights = Network(ScalarType.BFloat16);
        weights["b.weight"].select(0, 1).fill_(value);
        Assert.Contains("'b.weight'", Assert.Throws<UsageException>(() => Pruner.Masks(weights, new PruneOptions(), [])).Message, StringComparison.Ordinal);
        Assert.Equal(["a.weight", "c.weight"], Pruner.Masks(weights, new PruneOptions { Exempt = ["b"] }, []).Live.Keys);
    }

    [Fact]
    public void Without_a_prunable_tensor_it_is_refused()
    {
        var weights = new Dictionary<string, Tensor>
        {
            ["a.bias"] = zeros([3, 3]), ["n.weight"] = zeros([3]), ["i.weight"] = zeros([3, 3], ScalarType.Int64), ["e.weight"] = zeros([0, 3]),
        };
        Assert.Contains("nothing to prune", Assert.Throws<UsageException>(() => Pruner.Masks(weights, new PruneOptions(), [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_options_are_refused_with_their_values()
    {
        Assert.Contains("1.5", Problem(new PruneOptions { Amount = 1.5 }), StringComparison.Ordinal);
        Assert.Contains("NaN", Problem(new PruneOptions { Amount = double.NaN }), StringComparison.Ordinal);
        Assert.Contains("-0.1", Problem(new PruneOptions { Amount = -0.1 }), StringComparison.Ordinal);
        Assert.Contains("2:4", Problem(new PruneOptions { Amount = 0.5, Scope = PruneScope.NM(2, 4) }), StringComparison.Ordinal);
        Assert.Contains("channel", Problem(new PruneOptions { IncludeNorms = true, Scope = PruneScope.Channel }), StringComparison.Ordinal);
        Assert.Empty(new PruneOptions { Scope = PruneScope.NM(2, 4) }.Problems());

        static string Problem(PruneOptions options) => Assert.Single(options.Problems());
    }

    [Theory, InlineData("layer"), InlineData("global"), InlineData("channel"), InlineData("2:4"), InlineData("13:16")]
    public void A_scope_reads_back_as_it_is_written(string text) => Assert.Equal(text, PruneScope.Parse(text).ToString());

    [Theory, InlineData("layers"), InlineData("2:"), InlineData("4:2"), InlineData("0:4"), InlineData("4:4"), InlineData("-1:4"), InlineData("2:4:8"), InlineData("")]
    public void A_scope_that_does_not_exist_is_refused(string text) =>
        Assert.Contains(text, Assert.Throws<ArgumentException>(() => PruneScope.Parse(text)).Message, StringComparison.Ordinal);

    // The obvious version: all of them in the order of their magnitudes (OrderBy is stable), the first floor(amount * n) go. In decimal, where 0.29 * 100 is 29.
    private static bool[] Smallest(double[] values, double amount)
    {
        int count = amount == 1.0 / 3 ? values.Length / 3 : (int)Math.Floor((decimal)amount * values.Length);
        return Smallest(values, count);
    }

    private static bool[] Smallest(double[] values, int count)
    {
        bool[] pruned = new bool[values.Length];
        foreach (int i in Enumerable.Range(0, values.Length).OrderBy(i => Math.Abs(values[i])).Take(count)) pruned[i] = true;
        return pruned;
    }

    private static bool[] Pruned(Tensor live) => Array.ConvertAll(live.ToArray<bool>(), value => !value);

    private static double[] Values(Tensor tensor) => tensor.To(ScalarType.Float64).ToArray<double>();

    // Values on a coarse grid, so that there are many ties within a tensor and across; b has one zero. A strided weight as convolutions have them.
    private static Dictionary<string, Tensor> Network(ScalarType type)
    {
        var random = new Random(3);
        Tensor Draw(params long[] shape)
        {
            double[] values = [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(_ => (random.Next(1, 40) * (random.Next(2) == 0 ? 1 : -1)) / 32.0)];
            return Tensor.From(values, shape).To(type);
        }

        Tensor b = Draw(6, 8);
        b.select(0, 2).select(0, 3).fill_(0);
        return new Dictionary<string, Tensor>
        {
            ["a.weight"] = Draw(5, 4, 3, 3).Contiguous(memory_format.channels_last), ["a.bias"] = Draw(5), ["b.weight"] = b.reshape(6, 8, 1, 1), ["norm.weight"] = Draw(6), ["norm.bias"] = Draw(6),
            ["norm.running_mean"] = Draw(6), ["steps"] = Tensor.From((long[])[7]), ["c.weight"] = Draw(4, 60),
        };
    }
}

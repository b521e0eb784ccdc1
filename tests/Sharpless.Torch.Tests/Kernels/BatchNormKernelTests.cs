namespace Sharpless.Torch.Tests.Kernels;

/// <summary>The fused operator against the textbook in float64, and its way over ATen's operators against finite differences.</summary>
public class BatchNormKernelTests
{
    private static readonly Operator BatchNormAct = new("sharpless::batch_norm_act");

    /// <summary>[B, C, H, W]: few and many channels, channels that fill no vector, rows that fill no block; H = 0 means [B, C].</summary>
    public static TheoryData<long[], ScalarType, double, bool, bool> Cases()
    {
        var cases = new TheoryData<long[], ScalarType, double, bool, bool>();
        long[][] shapes = [[8, 16, 5, 7], [3, 48, 1, 1], [130, 33, 0, 0], [2, 3, 9, 9], [40, 64, 8, 8], [3, 700, 2, 2]];
        foreach (long[] shape in shapes)
        {
            foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
            {
                cases.Add(shape, type, 0, true, true);
                cases.Add(shape, type, 0.1, false, true);
                cases.Add(shape, type, 1, true, false);
                cases.Add(shape, type, 0, false, false);
            }
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Forward_and_backward_agree_with_the_textbook_in_float64(long[] shape, ScalarType type, double slope, bool hasResidual, bool training)
    {
        using var scope = TensorScope.Begin();
        var problem = new Problem(shape, type, hasResidual, seed: 11);
        (Tensor activated, Tensor sum) = problem.Forward(slope, training, moves: true);

        Assert.Equal(problem.Input.Strides, activated.Strides);
        Assert.Equal(ToRows(hasResidual ? problem.Input + problem.Residual! : problem.Input), ToRows(sum));
        double[] runningMean = Problem.StartMean(problem.Channels), runningVariance = Problem.StartVariance(problem.Channels);
        var reference = new BatchNormReference(ToRows(sum), ToRows(problem.Weight), ToRows(problem.Bias), runningMean, runningVariance, slope, training);
        // float32 keeps 2^-24 of a value, some of it lost to the mean; bfloat16 results keep 2^-9.
        double tolerance = type == ScalarType.Float32 ? 5e-6 : 0.004;
        AssertClose(reference.Activated, ToRows(activated), tolerance);

        Tensor ofActivated = problem.Random(type), ofSum = problem.Random(type);
        ((activated * ofActivated).To(ScalarType.Float32).Sum() + (sum * ofSum).To(ScalarType.Float32).Sum()).Backward();
        (double[] toSum, double[] toWeight, double[] toBias) = reference.Gradients(ToRows(ofActivated), ToRows(ofSum));
        AssertClose(toSum, ToRows(problem.Input.Gradient!), tolerance);
        if (hasResidual) Assert.Equal(ToRows(problem.Input.Gradient!), ToRows(problem.Residual!.Gradient!));
        AssertClose(toWeight, ToRows(problem.Weight.Gradient!), 5e-6);
        AssertClose(toBias, ToRows(problem.Bias.Gradient!), 5e-6);

        double rows = ToRows(sum).Length / problem.Channels;
        double share = training ? 0.1 : 0;
        AssertClose([.. runningMean.Select((old, c) => (1 - share) * old + share * reference.Mean[c])], ToRows(problem.RunningMean), 1e-6);
        AssertClose([.. runningVariance.Select((old, c) => (1 - share) * old + share * reference.Variance[c] * rows / (rows - 1))], ToRows(problem.RunningVariance), 1e-6);
    }

    [Fact]
    public void The_running_variance_moves_towards_the_unbiased_variance()
    {
        using var scope = TensorScope.Begin();
        // 0 and 2: mean 1, biased variance 1, unbiased 2. Half of the way: exact in binary.
        Tensor mean = Tensor.Zeros([1]), variance = Tensor.Full([1], 1), input = Tensor.From([0f, 2f], 2, 1);
        BatchNormAct.CallMany(input, Argument.None, Tensor.Full([1], 1), Tensor.Zeros([1]), mean, variance, true, true, 0.5, 1e-5, 1.0);
        Assert.Equal(0.5, mean.Item());
        Assert.Equal(1.5, variance.Item());
    }

    [Theory, InlineData(true, false), InlineData(false, true), InlineData(false, false)]
    public void Running_statistics_rest_unless_training_moves_them(bool training, bool moves)
    {
        using var scope = TensorScope.Begin();
        var problem = new Problem([8, 16, 4, 4], ScalarType.Float32, hasResidual: true, seed: 12);
        problem.Forward(0, training, moves);
        AssertClose(Problem.StartMean(16), ToRows(problem.RunningMean), 0);
        AssertClose(Problem.StartVariance(16), ToRows(problem.RunningVariance), 0);
    }

    [Fact]
    public void The_variance_survives_a_mean_far_from_zero()
    {
        using var scope = TensorScope.Begin();
        // Multiples of 1/16 around 100,000: exact in float32, where squares around 0 would leave nothing of the variance.
        float[] values = [.. Enumerable.Range(0, 4096).Select(i => 100_000 + (i % 16 - 7.5f) / 8)];
        double expected = values.Average(value => Math.Pow((double)value - 100_000, 2)) * 4096 / 4095;
        Tensor mean = Tensor.Zeros([1]), variance = Tensor.Zeros([1]);
        BatchNormAct.CallMany(Tensor.From(values, 4096, 1), Argument.None, Tensor.Full([1], 1), Tensor.Zeros([1]), mean, variance, true, true, 1.0, 1e-5, 1.0);
        Assert.Equal(100_000, mean.Item());
        Assert.Equal(expected, variance.Item(), 1e-6 * expected);
    }

    [Theory, InlineData(true, false), InlineData(false, true)]
    public void Either_result_may_be_left_unused(bool usesActivated, bool usesSum)
    {
        using var scope = TensorScope.Begin();
        var problem = new Problem([4, 16, 3, 3], ScalarType.Float32, hasResidual: false, seed: 13);
        (Tensor activated, Tensor sum) = problem.Forward(0, training: true, moves: true);
        Tensor direction = problem.Random(ScalarType.Float32);
        ((usesActivated ? activated : sum) * direction).Sum().Backward();

        double[] zeros = new double[ToRows(sum).Length];
        var reference = new BatchNormReference(ToRows(sum), ToRows(problem.Weight), ToRows(problem.Bias), Problem.StartMean(16), Problem.StartVariance(16), 0, true);
        double[] expected = reference.Gradients(usesActivated ? ToRows(direction) : zeros, usesSum ? ToRows(direction) : zeros).Sum;
        AssertClose(expected, ToRows(problem.Input.Gradient!), 5e-6);
        Assert.Equal(usesActivated, problem.Weight.Gradient is not null);
    }

    [Fact]
    public void No_result_depends_on_the_number_of_threads()
    {
        using var scope = TensorScope.Begin();
        ThreadCounts.AssertSame(() =>
        {
            var problem = new Problem([64, 24, 16, 16], ScalarType.BFloat16, hasResidual: true, seed: 14);
            (Tensor activated, Tensor sum) = problem.Forward(0, training: true, moves: true);
            ((activated * problem.Random(ScalarType.BFloat16)).Sum() + sum.Sum()).Backward();
            Tensor[] results = [activated, sum, problem.RunningMean, problem.RunningVariance, problem.Input.Gradient!, problem.Weight.Gradient!, problem.Bias.Gradient!];
            return [.. results.Select(ToRows)];
        });
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_row_major_image_takes_the_way_over_ATen_and_agrees(bool training)
    {
        using var scope = TensorScope.Begin();
        var fast = new Problem([6, 20, 5, 5], ScalarType.Float32, hasResidual: true, seed: 15);
        var plain = new Problem([6, 20, 5, 5], ScalarType.Float32, hasResidual: true, seed: 15, rowMajor: true);
        Assert.NotEqual(fast.Input.Strides, plain.Input.Strides);
        Tensor direction = fast.Random(ScalarType.Float32);
        (Tensor activated, _) = fast.Forward(0.1, training, moves: true);
        (Tensor activatedPlain, _) = plain.Forward(0.1, training, moves: true);
        (activated * direction).Sum().Backward();
        (activatedPlain * direction).Sum().Backward();

        AssertClose(ToRows(activatedPlain), ToRows(activated), 5e-6);
        AssertClose(ToRows(plain.Input.Gradient!), ToRows(fast.Input.Gradient!), 5e-6);
        AssertClose(ToRows(plain.Weight.Gradient!), ToRows(fast.Weight.Gradient!), 5e-6);
        AssertClose(ToRows(plain.RunningMean), ToRows(fast.RunningMean), 1e-6);
        AssertClose(ToRows(plain.RunningVariance), ToRows(fast.RunningVariance), 1e-6);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void In_float64_the_gradient_is_the_finite_difference(bool training)
    {
        using var scope = TensorScope.Begin();
        var problem = new Problem([3, 2, 2, 2], ScalarType.Float64, hasResidual: true, seed: 16);
        Tensor direction = problem.Random(ScalarType.Float64);
        Loss().Backward();
        double[] gradient = problem.Residual!.Gradient!.Contiguous().ToArray<double>();
        problem.Residual.RequiresGradient = false;
        for (int i = 0; i < gradient.Length; i++)
        {
            const double step = 1e-5;
            Tensor nudge = Tensor.From([.. Enumerable.Range(0, gradient.Length).Select(j => j == i ? step : 0)], 3, 2, 2, 2);
            problem.Residual.AddInPlace(nudge);
            double above = Loss().Item();
            problem.Residual.AddInPlace(nudge, -2);
            double below = Loss().Item();
            problem.Residual.AddInPlace(nudge);
            Assert.Equal((above - below) / (2 * step), gradient[i], 1e-7);
        }

        Tensor Loss()
        {
            (Tensor activated, Tensor sum) = problem.Forward(0.1, training, moves: false);
            return (activated * direction).Sum() + (sum * sum).Sum();
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Second_derivatives_agree_with_those_of_ATen_in_float64(bool training)
    {
        using var scope = TensorScope.Begin();
        double[][] found = [.. new[] { ScalarType.Float32, ScalarType.Float64 }.Select(SecondDerivative)];
        AssertClose(found[1], found[0], 1e-5);

        double[] SecondDerivative(ScalarType type)
        {
            var problem = new Problem([6, 4, 3, 3], type, hasResidual: false, seed: 17);
            (Tensor activated, Tensor sum) = problem.Forward(0.1, training, moves: false);
            Tensor loss = activated.Power(3).Sum() + sum.Power(2).Sum();
            Tensor gradient = loss.Gradients([problem.Input], createGraph: true)[0]!;
            return ToRows((gradient * gradient).Sum().Gradients([problem.Input])[0]!);
        }
    }

    [Fact]
    public void Bad_arguments_are_named_with_what_was_given_and_expected()
    {
        using var scope = TensorScope.Begin();
        Tensor input = Tensor.Zeros([2, 4]), four = Tensor.Zeros([4]), five = Tensor.Zeros([5]);
        AssertRefused("weight has shape [5], expected [4]", input, null, five);
        AssertRefused("weight is BFloat16, expected Float", input, null, four.To(ScalarType.BFloat16));
        AssertRefused("the residual is [4, 2]", input, Tensor.Zeros([4, 2]), four);
        AssertRefused("more than one value per channel", Tensor.Zeros([1, 4]), null, four);

        void AssertRefused(string expected, Tensor input, Tensor? residual, Tensor weight) =>
            Assert.Contains(expected, Assert.Throws<TorchException>(() => BatchNormAct.CallMany(input, residual, weight, four, four, four, true, true, 0.1, 1e-5, 0.0)).Message, StringComparison.Ordinal);
    }

    /// <summary>The elements in the order rows, channels.</summary>
    private static double[] ToRows(Tensor tensor)
    {
        Tensor rows = tensor.Detach();
        return (rows.Dimensions == 4 ? rows.Permute(0, 2, 3, 1) : rows).Contiguous().To(ScalarType.Float64).ToArray<double>();
    }

    /// <param name="expected">Reference.</param>
    /// <param name="actual">Found.</param>
    /// <param name="tolerance">Share of the largest expected value.</param>
    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = Math.Max(1, expected.Max(Math.Abs));
        int worst = Enumerable.Range(0, expected.Length).MaxBy(i => double.IsNaN(actual[i]) ? double.PositiveInfinity : Math.Abs(expected[i] - actual[i]));
        double difference = Math.Abs(expected[worst] - actual[worst]);
        Assert.True(difference <= tolerance * scale, $"Element {worst}: expected {expected[worst]:R}, found {actual[worst]:R}; difference {difference:G3}, allowed {tolerance * scale:G3}.");
    }

    /// <summary>Arguments of the operator, random from a seed.</summary>
    private sealed class Problem
    {
        private readonly long[] _shape;
        private readonly bool _rowMajor;
        private long _seed;

        public Problem(long[] shape, ScalarType type, bool hasResidual, long seed, bool rowMajor = false)
        {
            (_shape, _seed, _rowMajor) = (shape, seed * 100, rowMajor);
            ScalarType parameters = type == ScalarType.Float64 ? type : ScalarType.Float32;
            Input = Random(type);
            Residual = hasResidual ? Random(type) : null;
            Weight = (Normal([Channels]) * 0.2 + 1).To(parameters);
            Bias = Normal([Channels]).To(parameters);
            RunningMean = Tensor.From(StartMean(Channels), Channels).To(parameters);
            RunningVariance = Tensor.From(StartVariance(Channels), Channels).To(parameters);
            foreach (Tensor? leaf in new[] { Input, Residual, Weight, Bias })
            {
                if (leaf is not null) leaf.RequiresGradient = true;
            }
        }

        public long Channels => _shape[1];

        public Tensor Input { get; }

        public Tensor? Residual { get; }

        public Tensor Weight { get; }

        public Tensor Bias { get; }

        public Tensor RunningMean { get; }

        public Tensor RunningVariance { get; }

        // Values of float32 without a rounding.
        public static double[] StartMean(long channels) => [.. Enumerable.Range(0, (int)channels).Select(c => (c % 5 - 2) / 8.0)];

        public static double[] StartVariance(long channels) => [.. Enumerable.Range(0, (int)channels).Select(c => 1 + c % 3 / 4.0)];

        public (Tensor Activated, Tensor Sum) Forward(double slope, bool training, bool moves)
        {
            Tensor?[] results = BatchNormAct.CallMany(Input, Residual, Weight, Bias, RunningMean, RunningVariance, training, moves, 0.1, BatchNormReference.Epsilon, slope);
            return (results[0]!, results[1]!);
        }

        /// <summary>A tensor like the input: channels-last, or row-major if the problem is.</summary>
        public Tensor Random(ScalarType type)
        {
            if (_shape[2] == 0) return Normal([_shape[0], _shape[1]]).To(type);
            Tensor image = Normal([_shape[0], _shape[2], _shape[3], _shape[1]]).Permute(0, 3, 1, 2).To(type);
            return _rowMajor ? image.Contiguous() : image;
        }

        private Tensor Normal(long[] shape)
        {
            using var generator = new Generator(_seed++);
            Tensor values = Tensor.Empty(shape);
            values.NormalInPlace(0.3, 1.5, generator);
            return values;
        }
    }
}

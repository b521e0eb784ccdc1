using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sharpless.Kernels.Tests;

/// <summary>The fused operator against the textbook's formula in float64, with the kernels and without.</summary>
public class BatchNormTests
{
    private const double Epsilon = 1e-5;

    /// <summary>Few and many channels, channels that fill no vector, rows that fill no block; [B, C].</summary>
    public static TheoryData<long[], ScalarType, double, bool, bool> Cases()
    {
        var cases = new TheoryData<long[], ScalarType, double, bool, bool>();
        long[][] shapes = [[8, 16, 5, 7], [3, 48, 1, 1], [130, 33], [2, 3, 9, 9], [40, 64, 8, 8], [3, 700, 2, 2]];
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

        cases.Add([4, 5, 6], ScalarType.Float32, 0.1, true, true);
        cases.Add([3, 2, 2, 2], ScalarType.Float64, 0.1, true, true);
        cases.Add([3, 2, 2, 2], ScalarType.Float64, 0.1, true, false);
        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Results_gradients_and_statistics_are_those_of_the_textbook(
        long[] shape,
        ScalarType type,
        double slope,
        bool hasResidual,
        bool training
    )
    {
        foreach (bool hasKernels in new[] { true, false })
        {
            using DisposeScope scope = NewDisposeScope();
            using var kernels = new KernelSwitch(hasKernels);
            var problem = new Problem(shape, type, hasResidual);
            (Tensor activated, Tensor sum) = problem.Fused(slope, training, moves: true);
            Assert.Equal(type, activated.dtype);
            Assert.Equal(problem.Input.stride(), activated.stride());
            Tensor plain = hasResidual ? problem.Input.detach() + problem.Residual!.detach() : problem.Input.detach();
            Setup.Near(sum, plain, 0, "sum");

            // The sum as it was rounded: what is normalized, and what goes on.
            Tensor exact = sum.Exact(),
                weight = problem.Weight.Exact(),
                bias = problem.Bias.Exact();
            (Tensor expected, Tensor mean, Tensor variance) = problem.Textbook(exact, weight, bias, slope, training);
            // float32 keeps 2^-24 of a value, some of it lost to the mean; bfloat16 results keep 2^-9.
            double tolerance = type switch
            {
                ScalarType.Float64 => 1e-12,
                ScalarType.Float32 => 5e-6,
                _ => 0.004,
            };
            // libtorch's own sums, and their roundings.
            double allowed = hasKernels ? tolerance : 2 * tolerance;
            Setup.Near(activated, expected, allowed, "activated");

            Tensor ofActivated = problem.Random(type, 21),
                ofSum = problem.Random(type, 22);
            autograd.backward([activated, sum], [ofActivated, ofSum]);
            AutogradNode.ThrowIfFailed();
            autograd.backward(
                [expected, exact * 1],
                [ofActivated.to(ScalarType.Float64), ofSum.to(ScalarType.Float64)]
            );
            // Without a residual the sum is the input itself, and libtorch adds its gradient: one rounding more.
            double added = hasResidual ? allowed : 1.5 * allowed;
            Setup.Near(problem.Input.grad!, exact.grad!, added, "gradient of the input");
            if (hasResidual)
                Setup.Near(problem.Residual!.grad!, problem.Input.grad!, 0, "gradient of the residual");
            Setup.Near(problem.Weight.grad!, weight.grad!, Math.Min(allowed, 1e-5), "gradient of the weight");
            Setup.Near(problem.Bias.grad!, bias.grad!, Math.Min(allowed, 1e-5), "gradient of the bias");

            double rows = (double)exact.numel() / shape[1],
                share = training ? 0.1 : 0;
            Tensor unbiased = variance * (rows / (rows - 1));
            Setup.Near(
                problem.RunningMean,
                (problem.StartMean * (1 - share)) + (mean * share),
                1e-6,
                "running mean"
            );
            Setup.Near(
                problem.RunningVariance,
                (problem.StartVariance * (1 - share)) + (unbiased * share),
                1e-6,
                "running variance"
            );
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public void The_running_variance_moves_towards_the_unbiased_variance(bool hasKernels)
    {
        using DisposeScope scope = NewDisposeScope();
        using var kernels = new KernelSwitch(hasKernels);
        // 0 and 2: mean 1, biased variance 1, unbiased 2. Half of the way: exact in binary.
        Tensor mean = zeros(1),
            variance = ones(1);
        var options = new BatchNormOptions { Momentum = 0.5, NegativeSlope = 1 };
        Fused.BatchNorm(tensor(new[] { 0f, 2f }).view(2, 1), null, ones(1), zeros(1), (mean, variance), options);
        Assert.Equal(0.5, mean.item<float>());
        Assert.Equal(1.5, variance.item<float>());
    }

    [Theory, InlineData(true, false), InlineData(false, true), InlineData(false, false)]
    public void Running_statistics_rest_unless_training_moves_them(bool training, bool moves)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (bool hasKernels in new[] { true, false })
        {
            using var kernels = new KernelSwitch(hasKernels);
            var problem = new Problem([8, 16, 4, 4], ScalarType.Float32, hasResidual: true);
            problem.Fused(0, training, moves);
            Setup.Near(problem.RunningMean, problem.StartMean, 0, "running mean");
            Setup.Near(problem.RunningVariance, problem.StartVariance, 0, "running variance");
        }
    }

    [Fact]
    public void Statistics_with_gaps_in_memory_move_too()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = Setup.Drawn(1, ScalarType.Float32, 8, 4);
        Tensor mean = zeros(4),
            variance = ones(4),
            apart = zeros(8),
            beside = ones(8);
        Normalize((mean, variance), ones(4));
        Normalize((apart.as_strided([4], [2]), beside.as_strided([4], [2])), ones(8).as_strided([4], [2]));
        Setup.Near(apart.as_strided([4], [2]), mean, 1e-6, "mean");
        Setup.Near(beside.as_strided([4], [2]), variance, 1e-6, "variance");

        void Normalize((Tensor, Tensor) running, Tensor weight) =>
            Fused.BatchNorm(input, null, weight, zeros(4), running, new BatchNormOptions());
    }

    [Fact]
    public void The_variance_survives_a_mean_far_from_zero()
    {
        using DisposeScope scope = NewDisposeScope();
        // Multiples of 1/16 around 100,000: exact in float32, where squares around 0 leave nothing of the variance.
        float[] values = [.. Enumerable.Range(0, 4096).Select(i => 100_000 + (((i % 16) - 7.5f) / 8))];
        double expected = values.Average(value => Math.Pow((double)value - 100_000, 2)) * 4096 / 4095;
        Tensor mean = zeros(1),
            variance = zeros(1);
        var options = new BatchNormOptions { Momentum = 1, NegativeSlope = 1 };
        Fused.BatchNorm(tensor(values).view(4096, 1), null, ones(1), zeros(1), (mean, variance), options);
        Assert.Equal(100_000, mean.item<float>());
        Assert.Equal(expected, variance.item<float>(), 1e-6 * expected);
    }

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    public void Either_result_may_be_left_unused(bool usesActivated, bool usesSum, bool hasResidual)
    {
        foreach (bool hasKernels in new[] { true, false })
        {
            using DisposeScope scope = NewDisposeScope();
            using var kernels = new KernelSwitch(hasKernels);
            var problem = new Problem([4, 16, 3, 3], ScalarType.Float32, hasResidual);
            (Tensor activated, Tensor sum) = problem.Fused(0, training: true, moves: true);
            Tensor direction = problem.Random(ScalarType.Float32, 23);
            (usesActivated ? activated : sum).backward([direction]);
            AutogradNode.ThrowIfFailed();

            Tensor exact = sum.Exact();
            Tensor expected = problem
                .Textbook(exact, problem.Weight.Exact(), problem.Bias.Exact(), 0, training: true)
                .Activated;
            (usesActivated ? expected : exact * 1).backward([direction.to(ScalarType.Float64)]);
            Setup.Near(problem.Input.grad!, exact.grad!, 1e-5, "gradient of the input");
            if (hasResidual)
                Setup.Near(problem.Residual!.grad!, exact.grad!, 1e-5, "gradient of the residual");
            Assert.Equal(usesActivated, problem.Weight.grad is not null);
            Assert.NotEqual(usesActivated, usesSum);
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32, false, true)]
    [InlineData(ScalarType.Float32, false, false)]
    [InlineData(ScalarType.Float32, true, true)]
    [InlineData(ScalarType.Float64, true, true)]
    public void Second_derivatives_of_both_results_are_those_of_the_textbook(
        ScalarType type,
        bool hasResidual,
        bool training
    )
    {
        using DisposeScope scope = NewDisposeScope();
        var problem = new Problem([6, 4, 3, 3], type, hasResidual);
        Tensor[] inputs = [problem.Input, problem.Weight, problem.Bias, problem.Residual ?? problem.Input];
        DerivativeCase.Check(
            hasResidual ? inputs : inputs[..3],
            x =>
            {
                (Tensor activated, Tensor sum) = Fused.BatchNorm(
                    x[0],
                    hasResidual ? x[3] : null,
                    x[1],
                    x[2],
                    (problem.RunningMean, problem.RunningVariance),
                    new BatchNormOptions { Training = training, MovesStatistics = false, NegativeSlope = 0.1 }
                );
                return activated.pow(3) + sum.square();
            },
            x =>
            {
                Tensor sum = hasResidual ? x[0] + x[3] : x[0];
                return problem.Textbook(sum, x[1], x[2], 0.1, training).Activated.pow(3) + sum.square();
            },
            tolerance: type == ScalarType.Float32 ? 2e-5 : 1e-12,
            second: type == ScalarType.Float32 ? 2e-4 : 1e-11
        );
    }

    [Fact]
    public void An_input_that_is_its_own_residual_gets_both_gradients()
    {
        using DisposeScope scope = NewDisposeScope();
        var problem = new Problem([6, 4, 3, 3], ScalarType.Float32, hasResidual: false);
        DerivativeCase.Check(
            [problem.Input, problem.Weight, problem.Bias],
            x =>
                Fused
                    .BatchNorm(
                        x[0],
                        x[0],
                        x[1],
                        x[2],
                        (problem.RunningMean, problem.RunningVariance),
                        new BatchNormOptions { MovesStatistics = false, NegativeSlope = 0.1 }
                    )
                    .Activated,
            x => problem.Textbook(x[0] * 2, x[1], x[2], 0.1, training: true).Activated,
            tolerance: 2e-5,
            second: 2e-4
        );
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_row_major_image_takes_the_way_over_libtorch_and_agrees(bool training)
    {
        using DisposeScope scope = NewDisposeScope();
        Problem fast = new([6, 20, 5, 5], ScalarType.Float32, hasResidual: true),
            plain = new([6, 20, 5, 5], ScalarType.Float32, hasResidual: true, isRowMajor: true),
            mixed = new([6, 20, 5, 5], ScalarType.Float32, hasResidual: true, isResidualRowMajor: true);
        Assert.NotEqual(fast.Input.stride(), plain.Input.stride());
        Assert.NotEqual(mixed.Input.stride(), mixed.Residual!.stride());
        Tensor direction = fast.Random(ScalarType.Float32, 24);
        foreach (Problem problem in new[] { fast, plain, mixed })
            problem.Fused(0.1, training, moves: true).Activated.backward([direction]);
        AutogradNode.ThrowIfFailed();
        foreach (Problem problem in new[] { plain, mixed })
        {
            Setup.Near(problem.Input.grad!, fast.Input.grad!, 5e-6, "gradient of the input");
            Setup.Near(problem.Residual!.grad!, fast.Residual!.grad!, 5e-6, "gradient of the residual");
            Setup.Near(problem.Weight.grad!, fast.Weight.grad!, 5e-6, "gradient of the weight");
            Setup.Near(problem.RunningMean, fast.RunningMean, 1e-6, "running mean");
            Setup.Near(problem.RunningVariance, fast.RunningVariance, 1e-6, "running variance");
        }
    }

    [Fact]
    public void Frozen_statistics_take_a_batch_of_one_value_and_of_none()
    {
        using DisposeScope scope = NewDisposeScope();
        var frozen = new BatchNormOptions { Training = false };
        foreach (long batch in new long[] { 0, 1 })
        {
            Tensor input = full([batch, 2, 1, 1], 3f).Leaf(),
                weight = ones(2).Leaf();
            (Tensor activated, Tensor sum) = Fused.BatchNorm(
                input,
                ones(batch, 2, 1, 1),
                weight,
                zeros(2),
                (full(2, 2f), full(2, 4f)),
                frozen
            );
            Assert.Equal([batch, 2, 1, 1], activated.shape);
            Assert.Equal(batch * 2 * 4, sum.sum().item<float>());
            Assert.Equal(batch * 2, activated.sum().item<float>(), 1e-4);
            activated.sum().backward();
            Assert.Equal(batch * 2, weight.grad!.sum().item<float>(), 1e-4);
        }
    }

    [Fact]
    public void No_result_depends_on_the_number_of_threads()
    {
        using DisposeScope scope = NewDisposeScope();
        ThreadCounts.AssertSame(() =>
        {
            var problem = new Problem([64, 24, 16, 16], ScalarType.BFloat16, hasResidual: true);
            (Tensor activated, Tensor sum) = problem.Fused(0, training: true, moves: true);
            autograd.backward([activated, sum], [problem.Random(ScalarType.BFloat16, 25), ones_like(sum)]);
            return
            [
                activated,
                sum,
                problem.RunningMean,
                problem.RunningVariance,
                problem.Input.grad!,
                problem.Weight.grad!,
                problem.Bias.grad!,
            ];
        });
    }

    [Fact]
    public void Misfits_are_named()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = zeros(2, 4),
            four = zeros(4),
            wide = four.to(ScalarType.Float64);
        Refused("weight has shape [5], expected [4] for the input [2, 4]", input, null, zeros(5));
        Refused("weight is BFloat16 on cpu, expected Float32", input, null, four.to(ScalarType.BFloat16));
        Refused("weight is Float32 on cpu, expected Float64", input.to(ScalarType.Float64), null, four);
        Refused("The residual is [4, 2] Float32", input, zeros(4, 2), four);
        Refused("The residual is [2, 4] BFloat16", input, input.to(ScalarType.BFloat16), four);
        Refused("more than one value per channel, the input is [1, 4]", zeros(1, 4), null, four);
        Refused("more than one value per channel", zeros(0, 4), null, four);
        Refused("input is [2, 4] Int64", input.to(ScalarType.Int64), null, four);
        Refused("weight has shape [4]", four, null, four);
        Refused("Mean is Float64 on cpu, expected Float32", input, null, four, (wide, four));
        Refused("Variance has shape [5]", input, null, four, (four, zeros(5)));

        void Refused(
            string expected,
            Tensor input,
            Tensor? residual,
            Tensor weight,
            (Tensor, Tensor)? running = null
        ) =>
            Assert.Contains(
                expected,
                Assert
                    .Throws<ArgumentException>(() =>
                        Fused.BatchNorm(
                            input,
                            residual,
                            weight,
                            four,
                            running ?? (four, four),
                            new BatchNormOptions()
                        )
                    )
                    .Message,
                StringComparison.Ordinal
            );
    }

    /// <summary>Arguments of the operator, random from seeds.</summary>
    private sealed class Problem
    {
        private readonly long[] _shape;
        private readonly bool _isRowMajor;

        internal Problem(
            long[] shape,
            ScalarType type,
            bool hasResidual,
            bool isRowMajor = false,
            bool isResidualRowMajor = false
        )
        {
            (_shape, _isRowMajor) = (shape, isRowMajor);
            long channels = shape[1];
            ScalarType parameters = type == ScalarType.Float64 ? type : ScalarType.Float32;
            Input = Random(type, 11).Leaf();
            Tensor residual = Random(type, 12);
            Residual = !hasResidual ? null
                : isResidualRowMajor ? residual.contiguous().Leaf()
                : residual.Leaf();
            Weight = ((Setup.Drawn(13, parameters, channels) * 0.2) + 1).Leaf();
            Bias = Setup.Drawn(14, parameters, channels).Leaf();
            // Values of float32 without a rounding.
            StartMean = ((arange(channels, ScalarType.Float64) % 5) - 2) / 8;
            StartVariance = ((arange(channels, ScalarType.Float64) % 3) / 4) + 1;
            (RunningMean, RunningVariance) = (StartMean.to(parameters).clone(), StartVariance.to(parameters).clone());
        }

        internal Tensor Input { get; }

        internal Tensor? Residual { get; }

        internal Tensor Weight { get; }

        internal Tensor Bias { get; }

        internal Tensor StartMean { get; }

        internal Tensor StartVariance { get; }

        internal Tensor RunningMean { get; }

        internal Tensor RunningVariance { get; }

        internal (Tensor Activated, Tensor Sum) Fused(double slope, bool training, bool moves) =>
            Sharpless.Kernels.Fused.BatchNorm(
                Input,
                Residual,
                Weight,
                Bias,
                (RunningMean, RunningVariance),
                new BatchNormOptions
                {
                    Training = training,
                    MovesStatistics = moves,
                    Epsilon = Epsilon,
                    NegativeSlope = slope,
                }
            );

        /// <summary>The formula, with the mean and the biased variance that it takes.</summary>
        internal (Tensor Activated, Tensor Mean, Tensor Variance) Textbook(
            Tensor sum,
            Tensor weight,
            Tensor bias,
            double slope,
            bool training
        )
        {
            long[] across = [1, _shape[1], .. Enumerable.Repeat(1L, _shape.Length - 2)],
                rows = [0, .. Enumerable.Range(2, _shape.Length - 2).Select(i => (long)i)];
            Tensor mean = training ? sum.mean(rows) : StartMean,
                apart = sum - mean.view(across),
                variance = training ? apart.square().mean(rows) : StartVariance;
            Tensor normalized =
                (apart / (variance + Epsilon).sqrt().view(across) * weight.view(across)) + bias.view(across);
            return (F.leaky_relu(normalized, slope), mean.detach(), variance.detach());
        }

        /// <summary>A tensor like the input: channels-last, or row-major if the problem is.</summary>
        internal Tensor Random(ScalarType type, long seed)
        {
            Tensor values = ((Setup.Drawn(seed, ScalarType.Float32, _shape) * 1.5) + 0.3).to(type);
            return _shape.Length == 4 && !_isRowMajor ? values.ChannelsLast() : values;
        }
    }
}

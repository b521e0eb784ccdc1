using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels;

public static partial class Fused
{
    /// <summary>
    /// Batch normalization (arXiv:1502.03167) with the addition of a residual before and the (leaky) ReLU after it: sum
    /// = input + residual, activated = leaky_relu((sum - mean) / √(variance + ε) * weight + bias).
    /// </summary>
    /// <param name="input">[B, C], [B, C, H, W] or another [B, C, ...] of a floating type.</param>
    /// <param name="residual">Of the input's shape and type; null for none.</param>
    /// <param name="weight">[C], Float64 for Float64 inputs, Float32 for all others.</param>
    /// <param name="bias">As <paramref name="weight"/>.</param>
    /// <param name="running">Mean and variance, [C] each, as <paramref name="weight"/>.</param>
    /// <param name="options">Which statistics, and how.</param>
    /// <returns>The activation, and the sum, which is the input itself where there is no residual.</returns>
    /// <exception cref="ArgumentException">
    /// A shape or type does not fit, or batch statistics are asked of one value per channel.
    /// </exception>
    public static unsafe (Tensor Activated, Tensor Sum) BatchNorm(
        Tensor input,
        Tensor? residual,
        Tensor weight,
        Tensor bias,
        (Tensor Mean, Tensor Variance) running,
        BatchNormOptions options
    )
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(bias);
        ArgumentNullException.ThrowIfNull(options);
        long channels = input.dim() < 2 ? -1 : input.size(1);
        ArgumentNullException.ThrowIfNull(running.Mean);
        ArgumentNullException.ThrowIfNull(running.Variance);
        RequireFloating(input, nameof(input));
        ScalarType type = input.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        RequireParameter(weight, channels, type, nameof(weight), input);
        RequireParameter(bias, channels, type, nameof(bias), input);
        RequireParameter(running.Mean, channels, type, nameof(running.Mean), input);
        RequireParameter(running.Variance, channels, type, nameof(running.Variance), input);
        if (
            residual is not null
            && (
                !residual.shape.AsSpan().SequenceEqual(input.shape)
                || residual.dtype != input.dtype
                || residual.device_type != input.device_type
            )
        )
            throw new ArgumentException(
                $"The residual is {residual.ShapeText()} {residual.dtype} on {residual.device}, expected it like the "
                    + $"input, {input.ShapeText()} {input.dtype} on {input.device}.",
                nameof(residual)
            );
        if (options.Training && input.numel() <= channels)
            throw new ArgumentException(
                $"The statistics of a batch need more than one value per channel, the input is {input.ShapeText()}.",
                nameof(input)
            );
        TensorView from = input;
        bool isDense = from.Dimensions == 2 ? from.IsContiguous : from.IsChannelsLast;
        if (
            !from.IsForKernels
            || !isDense
            || from.Count == 0
            || !IsParameter(weight, channels)
            || !IsParameter(bias, channels)
            || !IsParameter(running.Mean, channels)
            || !IsParameter(running.Variance, channels)
        )
            return ComposedBatchNorm(input, residual, weight, bias, running, options);

        Tensor? addend =
            residual is null ? null
            : ((TensorView)residual).Strides.SequenceEqual(from.Strides) ? residual
            : Like(residual, from);
        bool isRecorded = addend is null
            ? AutogradNode.IsNeeded(input, weight, bias)
            : AutogradNode.IsNeeded(input, addend, weight, bias);
        var plan = new KernelImports.BatchNormPlan
        {
            Rows = from.Count / channels,
            Channels = channels,
            Element = from.Type,
            Training = options.Training ? 1 : 0,
            Moves = options.MovesStatistics ? 1 : 0,
            Momentum = options.Momentum,
            Epsilon = options.Epsilon,
            NegativeSlope = options.NegativeSlope,
        };
        TensorView activated = TensorView.EmptyLike(from),
            sum = addend is null ? default : TensorView.EmptyLike(from);
        using Tensor mean = TensorView.EmptyVector(channels).Own(),
            inverse = TensorView.EmptyVector(channels).Own();
        KernelLibrary.ThrowIfFailed(
            KernelImports.sharpless_batch_norm(
                &plan,
                from.Data,
                addend is null ? null : ((TensorView)addend).Data,
                sum.Data,
                ((TensorView)weight).Data,
                ((TensorView)bias).Data,
                ((TensorView)running.Mean).Data,
                ((TensorView)running.Variance).Data,
                activated.Data,
                ((TensorView)mean).Data,
                ((TensorView)inverse).Data
            )
        );
        if (isRecorded)
        {
            if (addend is null)
            {
                Span<TensorView> outputs = [activated];
                AutogradNode.Record(
                    [input, weight, bias],
                    outputs,
                    [from, weight, bias, mean, inverse],
                    plan,
                    BatchNormDerivative
                );
                activated = outputs[0];
            }
            else
            {
                Span<TensorView> outputs = [activated, sum];
                AutogradNode.Record(
                    [input, addend, weight, bias],
                    outputs,
                    [sum, weight, bias, mean, inverse],
                    plan,
                    AddingBatchNormDerivative
                );
                (activated, sum) = (outputs[0], outputs[1]);
            }
        }

        return (Result(activated), addend is null ? input : Result(sum));
    }

    private static void BatchNormDerivative(ref AutogradNode.Pass pass) =>
        BatchNormDerivative(ref pass, hasResidual: false);

    private static void AddingBatchNormDerivative(ref AutogradNode.Pass pass) =>
        BatchNormDerivative(ref pass, hasResidual: true);

    private static unsafe void BatchNormDerivative(ref AutogradNode.Pass pass, bool hasResidual)
    {
        var plan = (KernelImports.BatchNormPlan)pass.State;
        TensorView sum = pass.Saved(0),
            weight = pass.Saved(1),
            bias = pass.Saved(2),
            mean = pass.Saved(3),
            inverse = pass.Saved(4);
        TensorView gradientOfSum = hasResidual ? pass.Gradient(1) : default;
        int parameters = hasResidual ? 2 : 1;
        if (AutogradNode.Pass.IsDifferentiated)
        {
            BatchNormDerivativeAgain(ref pass, plan, hasResidual);
            return;
        }

        bool needsInput = pass.Needs(0) || (hasResidual && pass.Needs(1));
        if (pass.Gradient(0).IsNone)
        {
            // Only the sum was used further on: its gradient is that of both terms.
            if (gradientOfSum.IsNone)
                return;
            pass.Return(0, gradientOfSum.ToTensor());
            pass.Return(1, gradientOfSum.ToTensor());
            return;
        }

        using Tensor gradient = Arranged(pass.Gradient(0), sum);
        using Tensor? beside = gradientOfSum.IsNone ? null : Arranged(gradientOfSum, sum);
        TensorView toInput = needsInput ? TensorView.EmptyLike(sum) : default,
            toWeight = TensorView.EmptyVector(plan.Channels),
            toBias = TensorView.EmptyVector(plan.Channels);
        pass.Return(parameters, toWeight);
        pass.Return(parameters + 1, toBias);
        if (needsInput)
            pass.Return(0, toInput);
        KernelLibrary.ThrowIfFailed(
            KernelImports.sharpless_batch_norm_backward(
                &plan,
                ((TensorView)gradient).Data,
                beside is null ? null : ((TensorView)beside).Data,
                sum.Data,
                weight.Data,
                bias.Data,
                mean.Data,
                inverse.Data,
                toInput.Data,
                toWeight.Data,
                toBias.Data
            )
        );
        if (hasResidual && needsInput)
            pass.Return(1, toInput.ToTensor());
    }

    // The same of libtorch's operators: from the sum on, whose gradient is that of both terms.
    private static void BatchNormDerivativeAgain(
        ref AutogradNode.Pass pass,
        KernelImports.BatchNormPlan plan,
        bool hasResidual
    )
    {
        using Tensor sum = pass.Saved(0).ToTensor(),
            weight = pass.Saved(1).ToTensor(),
            bias = pass.Saved(2).ToTensor(),
            mean = pass.Saved(3).ToTensor(),
            inverse = pass.Saved(4).ToTensor();
        using Tensor variance = inverse.pow(-2) - plan.Epsilon;
        Tensor? toSum = null;
        if (!pass.Gradient(0).IsNone)
        {
            Tensor activated = Activate(
                    nn.functional.batch_norm(
                        sum.to(weight.dtype),
                        plan.Training != 0 ? null : mean,
                        plan.Training != 0 ? null : variance,
                        weight,
                        bias,
                        plan.Training != 0,
                        0,
                        plan.Epsilon
                    ),
                    plan.NegativeSlope
                )
                .to(sum.dtype);
            using Tensor gradient = pass.Gradient(0).ToTensor();
            Tensor[] all = [sum, weight, bias];
            int[] needed = [.. Enumerable.Range(0, 3).Where(i => all[i].requires_grad)];
            IList<Tensor> found = autograd.grad(
                [activated],
                [.. needed.Select(i => all[i])],
                [gradient.to(activated.dtype)],
                retain_graph: true,
                create_graph: true,
                allow_unused: true
            );
            int parameters = hasResidual ? 1 : 0;
            for (int i = 0; i < needed.Length; i++)
            {
                if (needed[i] == 0)
                    toSum = found[i];
                else
                    pass.Return(needed[i] + parameters, found[i]);
            }
        }

        if (hasResidual && !pass.Gradient(1).IsNone)
        {
            using Tensor beside = pass.Gradient(1).ToTensor();
            toSum = toSum is null ? beside.alias() : toSum + beside;
        }

        if (toSum is null)
            return;
        if (hasResidual)
            pass.Return(1, toSum.alias());
        pass.Return(0, toSum);
    }

    private static (Tensor Activated, Tensor Sum) ComposedBatchNorm(
        Tensor input,
        Tensor? residual,
        Tensor weight,
        Tensor bias,
        (Tensor Mean, Tensor Variance) running,
        BatchNormOptions options
    )
    {
        Tensor sum = residual is null ? input : input + residual;
        // Batch statistics with no running ones to move: none are given.
        bool rests = options.Training && !options.MovesStatistics;
        Tensor normalized = nn.functional.batch_norm(
            sum.to(weight.dtype),
            rests ? null : running.Mean,
            rests ? null : running.Variance,
            weight,
            bias,
            options.Training,
            options.Momentum,
            options.Epsilon
        );
        return (Activate(normalized, options.NegativeSlope).to(input.dtype), sum);
    }

    // A differentiable copy in another order of memory.
    private static Tensor Like(Tensor tensor, TensorView like) =>
        like.Dimensions == 4 ? tensor.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : tensor.contiguous();
}

using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels;

public static partial class Fused
{
    /// <summary>Group normalization (arXiv:1803.08494) and the (leaky) ReLU after it.</summary>
    /// <param name="input">[B, C, ...] of a floating type; [B, C, H, W] channels-last has a kernel.</param>
    /// <param name="groups">Divides C.</param>
    /// <param name="scale">[C], Float32 for Float32 and BFloat16 inputs.</param>
    /// <param name="shift">As <paramref name="scale"/>.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="negativeSlope">Of the activation: 0 for ReLU, 1 for none.</param>
    /// <exception cref="ArgumentException">
    /// The channels are not divisible by the groups, scale or shift are not [C] of one type, or the input has no
    /// floating type.
    /// </exception>
    public static unsafe Tensor GroupNorm(
        Tensor input,
        long groups,
        Tensor scale,
        Tensor shift,
        double epsilon = 1e-5,
        double negativeSlope = 1
    )
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(scale);
        ArgumentNullException.ThrowIfNull(shift);
        long channels = input.dim() < 2 ? -1 : input.size(1);
        if (groups < 1 || channels < 1 || channels % groups != 0)
            throw new ArgumentException(
                $"{groups} groups do not divide the channels of {input.ShapeText()}.",
                nameof(groups)
            );
        RequireFloating(input, nameof(input));
        RequireParameter(scale, channels, scale.dtype, nameof(scale), input);
        RequireParameter(shift, channels, scale.dtype, nameof(shift), input);
        TensorView from = input;
        if (
            !from.IsForKernels
            || !from.IsChannelsLast
            || from.Count == 0
            || !IsParameter(scale, channels)
            || !IsParameter(shift, channels)
        )
            return ComposedGroupNorm(input, groups, scale, shift, epsilon, negativeSlope);
        bool isRecorded = AutogradNode.IsNeeded(input, scale, shift);
        ReadOnlySpan<long> sizes = from.Sizes;
        var plan = new KernelImports.GroupNormPlan
        {
            Examples = sizes[0],
            Rows = sizes[2] * sizes[3],
            Channels = channels,
            Groups = groups,
            Element = from.Type,
            Epsilon = epsilon,
            NegativeSlope = negativeSlope,
        };
        TensorView to = TensorView.EmptyLike(from);
        using Tensor means = TensorView.EmptyMatrix(plan.Examples, channels).Own(),
            inverses = TensorView.EmptyMatrix(plan.Examples, channels).Own();
        KernelLibrary.ThrowIfFailed(
            KernelImports.sharpless_group_norm(
                &plan,
                from.Data,
                ((TensorView)scale).Data,
                ((TensorView)shift).Data,
                to.Data,
                ((TensorView)means).Data,
                ((TensorView)inverses).Data
            )
        );
        if (!isRecorded)
            return Result(to);
        Span<TensorView> outputs = [to];
        AutogradNode.Record(
            [input, scale, shift],
            outputs,
            [from, scale, shift, means, inverses],
            plan,
            GroupNormDerivative
        );
        return Result(outputs[0]);
    }

    private static unsafe void GroupNormDerivative(ref AutogradNode.Pass pass)
    {
        var plan = (KernelImports.GroupNormPlan)pass.State;
        TensorView input = pass.Saved(0),
            scale = pass.Saved(1),
            shift = pass.Saved(2);
        if (AutogradNode.Pass.IsDifferentiated)
        {
            using Tensor again = input.ToTensor(),
                scales = scale.ToTensor(),
                shifts = shift.ToTensor();
            (long groups, double epsilon, double slope) = (plan.Groups, plan.Epsilon, plan.NegativeSlope);
            AutogradNode.DifferentiateAgain(
                ref pass,
                inputs => [ComposedGroupNorm(inputs[0], groups, inputs[1], inputs[2], epsilon, slope)],
                again,
                scales,
                shifts
            );
            return;
        }

        using Tensor gradient = Arranged(pass.Gradient(0), input);
        TensorView toInput = TensorView.EmptyLike(input),
            toScale = TensorView.EmptyVector(plan.Channels),
            toShift = TensorView.EmptyVector(plan.Channels);
        pass.Return(0, toInput);
        pass.Return(1, toScale);
        pass.Return(2, toShift);
        KernelLibrary.ThrowIfFailed(
            KernelImports.sharpless_group_norm_backward(
                &plan,
                ((TensorView)gradient).Data,
                input.Data,
                scale.Data,
                shift.Data,
                pass.Saved(3).Data,
                pass.Saved(4).Data,
                toInput.Data,
                toScale.Data,
                toShift.Data
            )
        );
    }

    private static Tensor ComposedGroupNorm(
        Tensor input,
        long groups,
        Tensor scale,
        Tensor shift,
        double epsilon,
        double negativeSlope
    ) =>
        Activate(nn.functional.group_norm(input.to(scale.dtype), groups, scale, shift, epsilon), negativeSlope)
            .to(input.dtype);
}

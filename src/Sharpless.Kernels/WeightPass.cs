using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels;

/// <summary>
/// One pass each over the flat weights of a model: the norm of the gradient, the ascent of SAM (arXiv:2010.01412), the
/// descent of the base optimizer. The master w is Float32; the point, what the model computes with, is Float32 or
/// BFloat16. A mask is Bool, true where a weight is live; a pruned weight is never moved, and its momentum is 0.
/// </summary>
/// <remarks>
/// All tensors are flat, contiguous and of one length. Elsewhere than on the CPU, and for a gradient or a point of
/// other types, the passes are libtorch's operators, which round as the kernels do, with two exceptions: the norm adds
/// up in another order, and libtorch's square root in Adam is not rounded to nearest on every processor.
/// No result of the kernels depends on the number of threads.
/// </remarks>
public static unsafe class WeightPass
{
    /// <summary>Sum of the squares, added up in float64; not finite where a value is not.</summary>
    /// <param name="values">Of a floating type; Float32 and BFloat16 have a kernel.</param>
    /// <param name="mask">Which to count; null for all.</param>
    public static double SquaredNorm(Tensor values, Tensor? mask = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        AutogradNode.ThrowIfFailed();
        RequireFlat(values, values, nameof(values));
        RequireMask(mask, values);
        TensorView view = values;
        if (!view.IsForKernels)
        {
            using DisposeScope scope = NewDisposeScope();
            return (mask is null ? values : values.masked_select(mask))
                .to(ScalarType.Float64)
                .square()
                .sum()
                .item<double>();
        }

        double norm;
        KernelLibrary.ThrowIfFailed(
            KernelImports.sharpless_squared_norm(view.Type, view.Count, view.Data, Data(mask), &norm)
        );
        Keep(values, mask);
        return norm;
    }

    /// <summary>point = cast(w + scale * gradient). w keeps its bits.</summary>
    public static void Ascend(Tensor master, Tensor gradient, double scale, Tensor? mask, Tensor point)
    {
        Check(master, gradient, mask, point);
        if (!AreForKernels(master, gradient, point))
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable off = no_grad();
            Tensor moved = master + (gradient.to(ScalarType.Float32) * scale);
            point.copy_(mask is null ? moved : where(mask, moved, master));
            return;
        }

        KernelLibrary.ThrowIfFailed(
            KernelImports.sharpless_ascend(
                Type(gradient),
                Type(point),
                master.numel(),
                Data(master),
                Data(gradient),
                scale,
                Data(mask),
                Data(point)
            )
        );
        Keep(master, gradient, mask, point);
    }

    /// <summary>
    /// A step of SGD as <c>torch.optim.SGD</c> rounds it: d = g + decay w, m = momentum m + d, w -= rate m; then point
    /// = cast(w).
    /// </summary>
    public static void Descend(
        Tensor master,
        Tensor gradient,
        Tensor momentum,
        double learningRate,
        double momentumFactor,
        double weightDecay,
        Tensor? mask,
        Tensor point
    )
    {
        ArgumentNullException.ThrowIfNull(momentum);
        Check(master, gradient, mask, point);
        RequireFloat32(momentum, master, nameof(momentum));
        if (!AreForKernels(master, gradient, point))
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable off = no_grad();
            Tensor d = gradient.to(ScalarType.Float32);
            if (weightDecay != 0)
                d = d.add(master, alpha: (float)weightDecay);
            Tensor m = momentumFactor != 0 ? (momentum * (float)momentumFactor) + d : d;
            Store(master, master.add(m, alpha: -(float)learningRate), mask, point);
            momentum.copy_(mask is null ? m : m.masked_fill(mask.logical_not(), 0));
            return;
        }

        KernelLibrary.ThrowIfFailed(
            KernelImports.sharpless_descend(
                Type(gradient),
                Type(point),
                master.numel(),
                Data(master),
                Data(gradient),
                Data(momentum),
                learningRate,
                momentumFactor,
                weightDecay,
                Data(mask),
                Data(point)
            )
        );
        Keep(master, gradient, momentum, mask, point);
    }

    /// <summary>
    /// A step of Adam as <c>torch.optim.Adam</c> takes it, weight decay as part of the gradient; then point = cast(w).
    /// </summary>
    /// <param name="master">w.</param>
    /// <param name="gradient">g.</param>
    /// <param name="moments">Moving averages of g and g².</param>
    /// <param name="step">t, from 1.</param>
    /// <param name="options">Rates.</param>
    /// <param name="mask">Live weights; null for all.</param>
    /// <param name="point">What the model computes with.</param>
    public static void DescendAdam(
        Tensor master,
        Tensor gradient,
        (Tensor Mean, Tensor Square) moments,
        long step,
        AdamRates options,
        Tensor? mask,
        Tensor point
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(master, gradient, mask, point);
        RequireFloat32(moments.Mean, master, nameof(moments.Mean));
        RequireFloat32(moments.Square, master, nameof(moments.Square));
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        double stepSize = options.LearningRate / (1 - Math.Pow(options.Beta1, step)),
            root = Math.Sqrt(1 - Math.Pow(options.Beta2, step));
        if (!AreForKernels(master, gradient, point))
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable off = no_grad();
            Tensor d = gradient.to(ScalarType.Float32);
            if (options.WeightDecay != 0)
                d = d.add(master, alpha: (float)options.WeightDecay);
            Tensor m = (moments.Mean * (float)options.Beta1).add(d, alpha: (float)(1 - options.Beta1));
            Tensor v = (moments.Square * (float)options.Beta2) + (d * (float)(1 - options.Beta2) * d);
            Store(
                master,
                master - (m * (float)stepSize / ((v.sqrt() / (float)root) + (float)options.Epsilon)),
                mask,
                point
            );
            moments.Mean.copy_(mask is null ? m : m.masked_fill(mask.logical_not(), 0));
            moments.Square.copy_(mask is null ? v : v.masked_fill(mask.logical_not(), 0));
            return;
        }

        var by = new KernelImports.AdamStep
        {
            StepSize = stepSize,
            Beta1 = options.Beta1,
            Beta2 = options.Beta2,
            Root = root,
            Epsilon = options.Epsilon,
            WeightDecay = options.WeightDecay,
        };
        KernelLibrary.ThrowIfFailed(
            KernelImports.sharpless_descend_adam(
                Type(gradient),
                Type(point),
                master.numel(),
                &by,
                Data(master),
                Data(gradient),
                Data(moments.Mean),
                Data(moments.Square),
                Data(mask),
                Data(point)
            )
        );
        Keep(master, gradient, moments.Mean, moments.Square, mask, point);
    }

    /// <summary>point = cast(w).</summary>
    public static void CopyToPoint(Tensor master, Tensor point)
    {
        ArgumentNullException.ThrowIfNull(master);
        ArgumentNullException.ThrowIfNull(point);
        AutogradNode.ThrowIfFailed();
        RequireFloat32(master, master, nameof(master));
        RequireFlat(point, master, nameof(point));
        if (!AreForKernels(master, master, point))
        {
            using IDisposable off = no_grad();
            point.copy_(master);
            return;
        }

        KernelLibrary.ThrowIfFailed(
            KernelImports.sharpless_copy_to_point(Type(point), master.numel(), Data(master), Data(point))
        );
        Keep(master, point);
    }

    private static void Store(Tensor master, Tensor moved, Tensor? mask, Tensor point)
    {
        Tensor kept = mask is null ? moved : where(mask, moved, master);
        master.copy_(kept);
        point.copy_(kept);
    }

    private static void Check(Tensor master, Tensor gradient, Tensor? mask, Tensor point)
    {
        ArgumentNullException.ThrowIfNull(master);
        ArgumentNullException.ThrowIfNull(gradient);
        ArgumentNullException.ThrowIfNull(point);
        AutogradNode.ThrowIfFailed();
        RequireFloat32(master, master, nameof(master));
        RequireFlat(gradient, master, nameof(gradient));
        RequireFlat(point, master, nameof(point));
        RequireMask(mask, master);
    }

    // What the optimizer owns. The kernels read it as such, whatever it is.
    private static void RequireFloat32(Tensor tensor, Tensor like, string name)
    {
        if (tensor.dtype != ScalarType.Float32 || !Fits(tensor, like))
            throw Misfit(tensor, like, name, "Float32");
    }

    private static void RequireFlat(Tensor tensor, Tensor like, string name)
    {
        if (!tensor.is_floating_point() || !Fits(tensor, like))
            throw Misfit(tensor, like, name, "floating");
    }

    private static void RequireMask(Tensor? mask, Tensor like)
    {
        if (mask is not null && (mask.dtype != ScalarType.Bool || !Fits(mask, like)))
            throw Misfit(mask, like, nameof(mask), "Bool");
    }

    private static bool Fits(Tensor tensor, Tensor like) =>
        tensor.dim() == 1
        && ((TensorView)tensor).IsContiguous
        && tensor.numel() == like.numel()
        && tensor.device_type == like.device_type
        && tensor.device_index == like.device_index;

    private static ArgumentException Misfit(Tensor tensor, Tensor like, string name, string type) =>
        new(
            $"{name} is {tensor.ShapeText()} {tensor.dtype} on {tensor.device} with strides "
                + $"[{string.Join(", ", tensor.stride())}]; expected a flat {type} tensor of {like.numel()} elements "
                + $"on {like.device}, without gaps.",
            name
        );

    private static bool AreForKernels(Tensor master, Tensor gradient, Tensor point) =>
        ((TensorView)master).IsForKernels && ((TensorView)gradient).IsForKernels && ((TensorView)point).IsForKernels;

    private static int Type(TensorView view) => view.Type;

    private static void* Data(Tensor? tensor) => tensor is null ? null : ((TensorView)tensor).Data;

    // A kernel reads memory whose owner must not be finalized before it returned.
    private static void Keep(params ReadOnlySpan<Tensor?> tensors)
    {
        foreach (Tensor? tensor in tensors)
            GC.KeepAlive(tensor);
    }
}

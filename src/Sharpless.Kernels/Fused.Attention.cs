using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels;

public static partial class Fused
{
    /// <summary>
    /// Scaled dot-product attention (arXiv:1706.03762, equation 1), head by head: softmax(q k' / √D + mask) v.
    /// </summary>
    /// <param name="queries">[B, heads, Q, D].</param>
    /// <param name="keys">[B, heads, T, D].</param>
    /// <param name="values">[B, heads, T, V].</param>
    /// <param name="mask">
    /// Added to the products, broadcast to [B, heads, Q, T]; null for none. Of any type; it gets no gradient.
    /// </param>
    /// <returns>[B, heads, Q, V] in the memory of [B, Q, heads, V], so that merging the heads copies nothing.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or the types or devices differ.</exception>
    public static unsafe Tensor Attention(Tensor queries, Tensor keys, Tensor values, Tensor? mask = null)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(values);
        RequireHeads(queries, keys, values);
        RequireMask(mask, queries, keys);
        TensorView given = queries;
        if (
            !given.IsForKernels
            || given.Count == 0
            || ((TensorView)keys).Count == 0
            || ((TensorView)values).Count == 0
        )
            return ComposedAttention(queries, keys, values, mask);
        bool isRecorded = AutogradNode.IsNeeded(queries, keys, values);
        // Copied out here, where the copy has a derivative: second derivatives go through it.
        Tensor q = WithRows(queries),
            k = WithRows(keys),
            v = WithRows(values);
        using Tensor? added = mask?.detach().to(ScalarType.Float32).expand(q.size(0), q.size(1), q.size(2), k.size(2));
        TensorView output = EmptyHeads(q, q.size(2), v.size(3));
        KernelImports.AttentionPlan plan = PlanOf(q, k, v, added is null ? default : (TensorView)added);
        KernelImports.Heads a = HeadsOf(q),
            b = HeadsOf(k),
            c = HeadsOf(v),
            result = HeadsOf(output);
        KernelLibrary.ThrowIfFailed(KernelImports.sharpless_attention(&plan, &a, &b, &c, &result));
        if (!isRecorded)
            return Result(output);
        Span<TensorView> outputs = [output];
        AutogradNode.Record(
            [q, k, v],
            outputs,
            [q, k, v, added is null ? default : (TensorView)added],
            null,
            AttentionDerivative
        );
        return Result(outputs[0]);
    }

    private static unsafe void AttentionDerivative(ref AutogradNode.Pass pass)
    {
        TensorView q = pass.Saved(0),
            k = pass.Saved(1),
            v = pass.Saved(2),
            mask = pass.Saved(3);
        if (AutogradNode.Pass.IsDifferentiated)
        {
            using Tensor queries = q.ToTensor(),
                keys = k.ToTensor(),
                values = v.ToTensor();
            using Tensor? added = mask.IsNone ? null : mask.ToTensor();
            AutogradNode.DifferentiateAgain(
                ref pass,
                again => [ComposedAttention(again[0], again[1], again[2], added)],
                queries,
                keys,
                values
            );
            return;
        }

        using Tensor given = pass.Gradient(0).ToTensor();
        using Tensor typed = given.to(TypeOf(q));
        using Tensor gradient = WithRows(typed).alias();
        TensorView toQ = EmptyHeads(q, q.Sizes[2], q.Sizes[3]),
            toK = EmptyHeads(k, k.Sizes[2], k.Sizes[3]),
            toV = EmptyHeads(v, v.Sizes[2], v.Sizes[3]);
        pass.Return(0, toQ);
        pass.Return(1, toK);
        pass.Return(2, toV);
        KernelImports.AttentionPlan plan = PlanOf(q, k, v, mask);
        KernelImports.Heads g = HeadsOf(gradient),
            a = HeadsOf(q),
            b = HeadsOf(k),
            c = HeadsOf(v),
            d = HeadsOf(toQ),
            e = HeadsOf(toK),
            f = HeadsOf(toV);
        KernelLibrary.ThrowIfFailed(KernelImports.sharpless_attention_backward(&plan, &g, &a, &b, &c, &d, &e, &f));
    }

    private static Tensor ComposedAttention(Tensor q, Tensor k, Tensor v, Tensor? mask)
    {
        Tensor products = matmul(q * (1 / Math.Sqrt(q.size(3))), k.transpose(-2, -1));
        return matmul(nn.functional.softmax(mask is null ? products : products + mask.detach().to(q.dtype), -1), v);
    }

    // TorchSharp does not check these; misfitting shapes end the process.
    private static void RequireHeads(Tensor q, Tensor k, Tensor v)
    {
        if (
            q.dim() == 4
            && k.dim() == 4
            && v.dim() == 4
            && q.size(0) == k.size(0)
            && q.size(0) == v.size(0)
            && q.size(1) == k.size(1)
            && q.size(1) == v.size(1)
            && q.size(3) == k.size(3)
            && k.size(2) == v.size(2)
            && q.is_floating_point()
            && q.dtype == k.dtype
            && q.dtype == v.dtype
            && q.device_type == k.device_type
            && q.device_type == v.device_type
        )
            return;
        throw new ArgumentException(
            $"Queries {q.ShapeText()} {q.dtype}, keys {k.ShapeText()} {k.dtype} and values {v.ShapeText()} {v.dtype} "
                + "do not fit; expected [B, heads, Q, D], [B, heads, T, D] and [B, heads, T, V] of one floating type "
                + "on one device.",
            nameof(k)
        );
    }

    private static void RequireMask(Tensor? mask, Tensor q, Tensor k)
    {
        if (mask is null)
            return;
        long[] whole = [q.size(0), q.size(1), q.size(2), k.size(2)],
            shape = mask.shape;
        bool fits = shape.Length <= whole.Length && mask.device_type == q.device_type;
        for (int i = 1; fits && i <= shape.Length; i++)
            fits = shape[^i] == 1 || shape[^i] == whole[^i];
        if (!fits)
            throw new ArgumentException(
                $"The mask {mask.ShapeText()} on {mask.device} does not spread to [B, heads, Q, T], here "
                    + $"[{string.Join(", ", whole)}] on {q.device}.",
                nameof(mask)
            );
    }

    private static Tensor WithRows(Tensor tensor) =>
        ((TensorView)tensor).Strides[3] == 1 ? tensor : tensor.contiguous();

    private static ScalarType TypeOf(TensorView view) =>
        view.Type == LibtorchImports.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;

    private static TensorView EmptyHeads(TensorView like, long rows, long width)
    {
        ReadOnlySpan<long> sizes = like.Sizes;
        long heads = sizes[1];
        return TensorView.Empty(
            like.Type,
            [sizes[0], heads, rows, width],
            [rows * heads * width, width, heads * width, 1]
        );
    }

    private static unsafe KernelImports.Heads HeadsOf(TensorView view)
    {
        ReadOnlySpan<long> strides = view.Strides;
        return new KernelImports.Heads
        {
            Data = view.Data,
            Batch = strides[0],
            Head = strides[1],
            Row = strides[2],
        };
    }

    private static unsafe KernelImports.AttentionPlan PlanOf(TensorView q, TensorView k, TensorView v, TensorView mask)
    {
        ReadOnlySpan<long> a = q.Sizes,
            b = k.Sizes,
            c = v.Sizes;
        var plan = new KernelImports.AttentionPlan
        {
            Batch = a[0],
            Heads = a[1],
            Queries = a[2],
            Keys = b[2],
            Width = a[3],
            ValueWidth = c[3],
            Element = q.Type,
        };
        if (mask.IsNone)
            return plan;
        ReadOnlySpan<long> steps = mask.Strides;
        plan.Mask = mask.Data;
        (plan.MaskBatch, plan.MaskHead, plan.MaskQuery, plan.MaskKey) = (steps[0], steps[1], steps[2], steps[3]);
        return plan;
    }
}

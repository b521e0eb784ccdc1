using System.Runtime.InteropServices;

namespace Sharpless.Kernels;

/// <summary>The functions of <c>native/kernels.h</c>, which is their contract.</summary>
internal static unsafe partial class KernelImports
{
    internal const string Library = "sharpless_kernels";

    [StructLayout(LayoutKind.Sequential)]
    internal struct ConvolutionShape
    {
        public long Batch,
            InHeight,
            InWidth,
            InChannels,
            OutHeight,
            OutWidth,
            OutChannels,
            KernelHeight,
            KernelWidth,
            Stride,
            Padding;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct BatchNormPlan
    {
        public long Rows,
            Channels;
        public int Element,
            Training,
            Moves,
            Reserved;
        public double Momentum,
            Epsilon,
            NegativeSlope;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct GroupNormPlan
    {
        public long Examples,
            Rows,
            Channels,
            Groups;
        public int Element,
            Reserved;
        public double Epsilon,
            NegativeSlope;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Heads
    {
        public void* Data;
        public long Batch,
            Head,
            Row;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct AttentionPlan
    {
        public long Batch,
            Heads,
            Queries,
            Keys,
            Width,
            ValueWidth;
        public int Element,
            Reserved;
        public void* Mask;
        public long MaskBatch,
            MaskHead,
            MaskQuery,
            MaskKey;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct AdamStep
    {
        public double StepSize,
            Beta1,
            Beta2,
            Root,
            Epsilon,
            WeightDecay;
    }

    [LibraryImport(Library)]
    internal static partial int sharpless_kernels_abi();

    [LibraryImport(Library)]
    internal static partial nint sharpless_kernels_error();

    [LibraryImport(Library)]
    internal static partial void sharpless_kernels_use_threads(nint parallelFor, nint count);

    [LibraryImport(Library)]
    internal static partial int sharpless_convolution_is_supported();

    [LibraryImport(Library)]
    internal static partial int sharpless_convolution(ConvolutionShape* shape, void* input, void* weight, void* output);

    [LibraryImport(Library)]
    internal static partial int sharpless_convolution_to_input(
        ConvolutionShape* shape,
        void* gradient,
        void* weight,
        void* toInput
    );

    [LibraryImport(Library)]
    internal static partial int sharpless_convolution_to_weight(
        ConvolutionShape* shape,
        void* gradient,
        void* input,
        void* toWeight
    );

    [LibraryImport(Library)]
    internal static partial int sharpless_batch_norm(
        BatchNormPlan* plan,
        void* input,
        void* residual,
        void* sum,
        void* weight,
        void* bias,
        void* runningMean,
        void* runningVariance,
        void* activated,
        void* mean,
        void* inverse
    );

    [LibraryImport(Library)]
    internal static partial int sharpless_batch_norm_backward(
        BatchNormPlan* plan,
        void* gradient,
        void* gradientOfSum,
        void* sum,
        void* weight,
        void* bias,
        void* mean,
        void* inverse,
        void* toInput,
        void* toWeight,
        void* toBias
    );

    [LibraryImport(Library)]
    internal static partial int sharpless_layer_norm(
        int element,
        long rows,
        long width,
        double epsilon,
        void* input,
        void* scale,
        void* shift,
        void* output,
        void* means,
        void* inverses
    );

    [LibraryImport(Library)]
    internal static partial int sharpless_layer_norm_backward(
        int element,
        long rows,
        long width,
        void* gradient,
        void* input,
        void* scale,
        void* means,
        void* inverses,
        void* toInput,
        void* toScale,
        void* toShift
    );

    [LibraryImport(Library)]
    internal static partial int sharpless_group_norm(
        GroupNormPlan* plan,
        void* input,
        void* scale,
        void* shift,
        void* output,
        void* means,
        void* inverses
    );

    [LibraryImport(Library)]
    internal static partial int sharpless_group_norm_backward(
        GroupNormPlan* plan,
        void* gradient,
        void* input,
        void* scale,
        void* shift,
        void* means,
        void* inverses,
        void* toInput,
        void* toScale,
        void* toShift
    );

    [LibraryImport(Library)]
    internal static partial int sharpless_gelu(int element, int byTanh, long count, void* input, void* output);

    [LibraryImport(Library)]
    internal static partial int sharpless_gelu_backward(
        int element,
        int byTanh,
        long count,
        void* gradient,
        void* input,
        void* toInput
    );

    [LibraryImport(Library)]
    internal static partial int sharpless_attention(AttentionPlan* plan, Heads* q, Heads* k, Heads* v, Heads* output);

    [LibraryImport(Library)]
    internal static partial int sharpless_attention_backward(
        AttentionPlan* plan,
        Heads* gradient,
        Heads* q,
        Heads* k,
        Heads* v,
        Heads* toQ,
        Heads* toK,
        Heads* toV
    );

    [LibraryImport(Library)]
    internal static partial int sharpless_squared_norm(int element, long count, void* values, void* live, double* norm);

    [LibraryImport(Library)]
    internal static partial int sharpless_ascend(
        int gradientElement,
        int pointElement,
        long count,
        void* master,
        void* gradient,
        double scale,
        void* live,
        void* point
    );

    [LibraryImport(Library)]
    internal static partial int sharpless_descend(
        int gradientElement,
        int pointElement,
        long count,
        void* master,
        void* gradient,
        void* momentum,
        double learningRate,
        double momentumFactor,
        double weightDecay,
        void* live,
        void* point
    );

    [LibraryImport(Library)]
    internal static partial int sharpless_descend_adam(
        int gradientElement,
        int pointElement,
        long count,
        AdamStep* by,
        void* master,
        void* gradient,
        void* mean,
        void* square,
        void* live,
        void* point
    );

    [LibraryImport(Library)]
    internal static partial int sharpless_copy_to_point(int pointElement, long count, void* master, void* point);

    [LibraryImport(Library)]
    internal static partial int sharpless_band_eigenvalues(long order, void* matrix, long row, void* eigenvalues);

    [LibraryImport(Library)]
    internal static partial void sharpless_free_scalars_by(delegate* unmanaged<nint, void> function);
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sharpless.Torch;

internal static partial class Native
{
    internal const int MaximumDimensions = 16;

    [InlineArray(MaximumDimensions)]
    internal struct DimensionList
    {
        private long _first;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Description
    {
        public int ScalarType;
        public int DeviceType;
        public int DeviceIndex;
        public int Dimensions;
        public int RequiresGradient;
        public int IsLeaf;
        public DimensionList Sizes;
        public DimensionList Strides;
    }

    internal static long LiveTensors => sharpless_tensor_live();

    internal static TensorHandle Alias(TensorHandle tensor)
    {
        ThrowIfFailed(sharpless_tensor_alias(tensor, out TensorHandle alias));
        return alias;
    }

    internal static Description Describe(TensorHandle tensor)
    {
        ThrowIfFailed(sharpless_tensor_describe(tensor, out Description description));
        return description;
    }

    internal static nint Data(TensorHandle tensor)
    {
        ThrowIfFailed(sharpless_tensor_data(tensor, out nint data));
        return data;
    }

    [LibraryImport(Library)]
    internal static partial void sharpless_tensor_free(nint tensor);

    [LibraryImport(Library)]
    private static partial long sharpless_tensor_live();

    [LibraryImport(Library)]
    private static partial int sharpless_tensor_alias(TensorHandle tensor, out TensorHandle alias);

    [LibraryImport(Library)]
    private static partial int sharpless_tensor_describe(TensorHandle tensor, out Description description);

    [LibraryImport(Library)]
    private static partial int sharpless_tensor_data(TensorHandle tensor, out nint data);
}

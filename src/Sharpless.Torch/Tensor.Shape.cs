namespace Sharpless.Torch;

public sealed partial class Tensor
{
    /// <summary>The same elements in another shape; one size may be -1. A view where the strides allow it.</summary>
    public Tensor Reshape(params long[] shape) => Operators.Reshape.Call(this, shape);

    /// <summary>Dimensions <paramref name="first"/> to <paramref name="last"/> as one.</summary>
    public Tensor Flatten(long first = 0, long last = -1) => Operators.Flatten.Call(this, first, last);

    /// <summary>Two dimensions exchanged; a view.</summary>
    public Tensor Transpose(long first, long second) => Operators.Transpose.Call(this, first, second);

    /// <summary>The dimensions in another order; a view.</summary>
    public Tensor Permute(params long[] order) => Operators.Permute.Call(this, order);

    /// <summary><paramref name="length"/> entries from <paramref name="start"/> on along a dimension; a view.</summary>
    public Tensor Narrow(long dimension, long start, long length) => Operators.Narrow.Call(this, dimension, start, length);

    /// <summary>One entry along a dimension, which goes away; a view.</summary>
    public Tensor Select(long dimension, long index) => Operators.Select.Call(this, dimension, index);

    /// <summary>A view with any shape and strides of the same memory.</summary>
    /// <param name="shape">Size along each dimension.</param>
    /// <param name="strides">Step along each dimension, in elements.</param>
    /// <param name="offset">First element, counted from the start of the memory.</param>
    public Tensor AsStrided(long[] shape, long[] strides, long offset) => Operators.AsStrided.Call(this, shape, strides, offset);

    /// <summary>Dimensions of size 1 repeated to a larger size; -1 keeps a size. A view.</summary>
    public Tensor Expand(params long[] shape) => Operators.Expand.Call(this, shape);

    /// <summary>The entries of a dimension in the order of the indices [M] Int64.</summary>
    public Tensor IndexSelect(long dimension, Tensor indices) => Operators.IndexSelect.Call(this, dimension, indices);

    /// <summary>One element along a dimension for each index, as <c>torch.gather</c>.</summary>
    public Tensor Gather(long dimension, Tensor indices) => Operators.Gather.Call(this, dimension, indices);

    /// <summary>This tensor if its elements already lie so, else a copy that does.</summary>
    public Tensor Contiguous(MemoryFormat format = MemoryFormat.Contiguous) => Operators.Contiguous.Call(this, format);

    /// <summary>A copy with its own memory.</summary>
    public Tensor Clone() => Operators.Clone.Call(this);

    /// <summary>A copy with elements of another type; a second reference to this tensor if it has it already.</summary>
    public Tensor To(ScalarType type) => type == Type ? Alias() : Operators.To.Call(this, type);

    /// <summary>A copy on another device; a second reference to this tensor if it is there already.</summary>
    public Tensor To(Device device) => device == Device ? Alias() : Operators.To.Call(this, Argument.None, Argument.None, device);

    /// <summary>A second reference to the same tensor, with its own lifetime.</summary>
    public Tensor Alias() => Own(Native.Alias(LiveHandle));
}

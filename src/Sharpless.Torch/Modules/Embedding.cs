namespace Sharpless.Torch.Modules;

/// <summary>A table of vectors, one for each index.</summary>
public sealed class Embedding : Module
{
    private static readonly Operator Look = new("aten::embedding");

    /// <summary>A table of zeros; see <see cref="Initialization"/>.</summary>
    /// <param name="count">Number of vectors.</param>
    /// <param name="width">Size of each.</param>
    public Embedding(long count, long width) => Weight = Register("weight", Tensor.Zeros([count, width]), ParameterRole.Weight);

    /// <summary>[count, width].</summary>
    public Parameter Weight { get; }

    /// <summary>[...] Int64 to [..., width].</summary>
    /// <exception cref="TorchException">An index is out of range.</exception>
    public Tensor Forward(Tensor indices) => Look.Call(Weight.Value, indices);
}

using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>Features [N, P] that lie somewhere (memory, a file) and are read a block at a time.</summary>
public abstract class FeatureMatrix
{
    private protected FeatureMatrix(long examples, long dimensions, ScalarType type)
    {
        (Examples, Dimensions, Type) = (examples, dimensions, type);
    }

    /// <summary>N, the number of rows.</summary>
    public long Examples { get; private protected set; }

    /// <summary>P, the number of columns.</summary>
    public long Dimensions { get; }

    /// <summary>Type in which blocks are read: Float32 where it holds every value exactly, else Float64.</summary>
    public ScalarType Type { get; }

    /// <summary>Reads a block.</summary>
    /// <param name="firstRow">From 0.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="firstColumn">From 0.</param>
    /// <param name="columns">Number of columns.</param>
    /// <returns>[rows, columns] of <see cref="Type"/> on the CPU; perhaps a view, so not to be written to.</returns>
    public abstract Tensor Read(long firstRow, long rows, long firstColumn, long columns);

    /// <summary>Reads whole rows.</summary>
    /// <inheritdoc cref="Read"/>
    public Tensor ReadRows(long firstRow, long rows) => Read(firstRow, rows, 0, Dimensions);
}

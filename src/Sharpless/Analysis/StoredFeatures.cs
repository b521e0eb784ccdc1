using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Analysis;

/// <summary>Features in a file of any framework (npy, npz, safetensors), read a block at a time.</summary>
public sealed class StoredFeatures : FeatureMatrix
{
    private readonly StoredArray _array;

    /// <summary>The features of an array.</summary>
    /// <param name="array">[N, P] or more dimensions, which are flattened after the first. Its file must stay open.</param>
    /// <param name="examples">Take only so many of the first rows; all if there are fewer.</param>
    /// <exception cref="InvalidDataException">Fewer than two dimensions, or no elements.</exception>
    public StoredFeatures(StoredArray array, long examples = long.MaxValue)
        : base(Math.Min(Checked(array).Rows, examples), array.Columns, FitsFloat32(array.Type) ? ScalarType.Float32 : ScalarType.Float64)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(examples, 1);
        _array = array;
    }

    /// <inheritdoc/>
    public override Tensor Read(long firstRow, long rows, long firstColumn, long columns)
    {
        Tensor block = Tensor.Empty([rows, columns], Type);
        if (Type == ScalarType.Float32) _array.ReadPanel(firstRow, rows, firstColumn, columns, block.Data<float>());
        else _array.ReadPanel(firstRow, rows, firstColumn, columns, block.Data<double>());
        return block;
    }

    /// <summary>A copy in memory, for analyses that read the features several times.</summary>
    public FeatureStore Load()
    {
        var store = new FeatureStore(Examples, Dimensions, Type);
        long block = Math.Clamp(FeatureSpectrum.PanelBytes / (8 * Dimensions), 1, 8192);
        for (long row = 0; row < Examples; row += block)
        {
            using Tensor rows = ReadRows(row, Math.Min(block, Examples - row));
            store.Append(rows);
        }

        return store;
    }

    private static bool FitsFloat32(ScalarType type) => type is not (ScalarType.Float64 or ScalarType.Int32 or ScalarType.Int64);

    private static StoredArray Checked(StoredArray array)
    {
        ArgumentNullException.ThrowIfNull(array);
        string shape = $"'{array.Name}' has shape [{string.Join(", ", array.Shape)}]";
        if (array.Shape.Count < 2)
            throw new InvalidDataException($"{shape}; features need two dimensions or more, [N, P], with one row per example. For one feature per example: a.reshape(-1, 1).");
        if (array.Count == 0)
            throw new InvalidDataException($"{shape} and is empty; features need at least one example and one feature.");
        return array;
    }
}

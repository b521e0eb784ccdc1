using Microsoft.Win32.SafeHandles;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Analysis;

/// <summary>
/// Features kept from a forward pass that goes by only once: in memory, or in a nameless temporary file that is gone when the store is
/// disposed or the process ends.
/// </summary>
public sealed class FeatureStore : FeatureMatrix, IDisposable
{
    private readonly long _capacity;
    private readonly Tensor? _memory;
    private readonly SafeFileHandle? _file;

    /// <summary>An empty store.</summary>
    /// <param name="capacity">Largest number of rows.</param>
    /// <param name="dimensions">P, the number of columns.</param>
    /// <param name="type">Float32 (holds Float16, BFloat16 and Float32 exactly) or Float64.</param>
    /// <param name="spillFolder">Folder of the temporary file; null keeps the features in memory.</param>
    public FeatureStore(long capacity, long dimensions, ScalarType type = ScalarType.Float32, string? spillFolder = null)
        : base(0, dimensions, type is ScalarType.Float32 or ScalarType.Float64
            ? type
            : throw new ArgumentOutOfRangeException(nameof(type), type, "A feature store holds Float32 or Float64."))
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        ArgumentOutOfRangeException.ThrowIfNegative(dimensions);
        _capacity = capacity;
        if (spillFolder is null)
        {
            using var outside = new Outside();
            _memory = Tensor.Empty([capacity, dimensions], type);
            return;
        }

        string path = Path.Combine(spillFolder, Path.GetRandomFileName());
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        // The open handle keeps the data; without a name nothing is left behind by a killed process.
        File.Delete(path);
    }

    /// <summary>A store in memory that holds a copy of a feature tensor.</summary>
    /// <param name="features">[N, P] or more dimensions, which are flattened after the first. Borrowed.</param>
    public static FeatureStore Of(Tensor features)
    {
        using Tensor rows = FeatureRows.AsMatrix(features);
        ScalarType type = rows.dtype is ScalarType.Float64 or ScalarType.Int32 or ScalarType.Int64 ? ScalarType.Float64 : ScalarType.Float32;
        var store = new FeatureStore(rows.size(0), rows.size(1), type);
        store.Append(rows);
        return store;
    }

    /// <summary>Adds rows after the last one.</summary>
    /// <param name="features">[n, P] or more dimensions, which are flattened after the first. Borrowed.</param>
    /// <exception cref="ArgumentException">Another number of columns, more rows than the capacity, or Float64 for a store of Float32.</exception>
    public void Append(Tensor features)
    {
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Tensor rows = FeatureRows.AsMatrix(features);
        long count = rows.size(0);
        if (rows.size(1) != Dimensions) throw new ArgumentException($"The store holds rows of {Dimensions} features; given is {features.Text}.", nameof(features));
        if (count > _capacity - Examples) throw new ArgumentException($"The store has room for {_capacity} rows and holds {Examples}; given is {features.Text}.", nameof(features));
        if (rows.dtype == ScalarType.Float64 && Type == ScalarType.Float32) throw new ArgumentException($"A store of Float32 would round {features.Text}. Make it with type Float64.", nameof(features));

        if (_memory is not null)
        {
            _memory.narrow(0, Examples, count).copy_(rows);
        }
        else
        {
            Tensor here = rows.To(CPU).To(Type).Contiguous();
            RandomAccess.Write(_file!, Bytes(here), Examples * Dimensions * Type.ByteSize());
        }

        Examples += count;
    }

    /// <inheritdoc/>
    public override Tensor Read(long firstRow, long rows, long firstColumn, long columns)
    {
        if (firstRow < 0 || rows < 0 || firstRow > Examples - rows) throw new ArgumentOutOfRangeException(nameof(firstRow), $"Rows {firstRow} to {firstRow + rows} of {Examples}.");
        if (firstColumn < 0 || columns < 0 || firstColumn > Dimensions - columns) throw new ArgumentOutOfRangeException(nameof(firstColumn), $"Columns {firstColumn} to {firstColumn + columns} of {Dimensions}.");
        if (_memory is not null)
        {
            using Tensor whole = _memory.narrow(0, firstRow, rows);
            return whole.narrow(1, firstColumn, columns);
        }

        Tensor block = Tensor.Empty([rows, columns], Type);
        Span<byte> bytes = Bytes(block);
        int size = Type.ByteSize();
        if (columns == Dimensions)
        {
            ReadFully(bytes, firstRow * Dimensions * size);
            return block;
        }

        int width = checked((int)(columns * size));
        for (int row = 0; row < rows; row++) ReadFully(bytes.Slice(row * width, width), ((firstRow + row) * Dimensions + firstColumn) * size);
        return block;
    }

    /// <summary>The features as an array to be written to a file, row by row.</summary>
    /// <param name="name">Name in the file.</param>
    public ArrayEntry Entry(string name) => new(name, Type, [Examples, Dimensions], stream =>
    {
        for (long row = 0; row < Examples; row++)
        {
            using Tensor features = ReadRows(row, 1);
            stream.Write(Bytes(features));
        }
    });

    /// <summary>Frees the features.</summary>
    public void Dispose()
    {
        _memory?.Dispose();
        _file?.Dispose();
    }

    private static unsafe Span<byte> Bytes(Tensor block) =>
        new((void*)(block.dtype == ScalarType.Float32 ? block.Pointer<float>() : block.Pointer<double>()), checked((int)(block.NumberOfElements * block.dtype.ByteSize())));

    private void ReadFully(Span<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            int count = RandomAccess.Read(_file!, bytes, offset);
            if (count == 0) throw new EndOfStreamException("The temporary file of the features is shorter than what was written to it.");
            bytes = bytes[count..];
            offset += count;
        }
    }
}

using System.Buffers;
using System.Runtime.InteropServices;

namespace Sharpless.Torch.Files;

/// <summary>An array inside a file: its name, type and shape are known, its elements are read when they are asked for.</summary>
/// <remarks>
/// Whatever order and byte order the file has, elements come out in C order and little-endian. May be read from several threads.
/// Usable until its <see cref="ArrayFile"/> is disposed.
/// </remarks>
public sealed class StoredArray
{
    private const int BlockBytes = 1 << 20;

    private delegate void Decoder<T>(ReadOnlySpan<byte> stored, Span<T> values);

    private readonly FilePlace _place;
    private readonly ByteSource _source;
    private readonly long _offset;
    private readonly ElementFormat _format;
    private readonly bool _fortranOrder;
    private readonly long[] _shape;
    private readonly long _memoryLimit;
    private readonly ForeignType? _foreign;

    /// <summary>Describes an array whose shape and size were checked with <see cref="ArrayShape"/>.</summary>
    internal StoredArray(FilePlace place, string name, ElementFormat format, bool fortranOrder, long[] shape,
        ByteSource source, long offset, long memoryLimit, ForeignType? foreign = null)
    {
        _foreign = foreign;
        (_place, Name, _format, _fortranOrder, _shape, _source, _offset, _memoryLimit) =
            (place, name, format, fortranOrder, shape, source, offset, memoryLimit);
        Count = ArrayShape.Count(shape);
        Rows = shape.Length == 0 ? 1 : shape[0];
        Columns = shape.Length == 0 ? 1 : ArrayShape.Count(shape.AsSpan(1));
    }

    /// <summary>Name in the file: the key of an npz or safetensors file, the file name without its ending for npy.</summary>
    public string Name { get; }

    /// <summary>
    /// Type in which <see cref="ReadRowBytes"/> hands the elements out. Stored uint16 becomes <see cref="ScalarType.Int32"/>,
    /// uint32 and uint64 become <see cref="ScalarType.Int64"/>, because libtorch lacks the unsigned types.
    /// </summary>
    /// <exception cref="InvalidDataException">The elements are no numbers that can be read; see <see cref="ForeignType"/>.</exception>
    public ScalarType Type => _foreign is null ? _format.Type : throw new InvalidDataException(_foreign.Refusal);

    /// <summary>
    /// What the elements are where they cannot be read, such as <c>complex numbers ('&lt;c8')</c>; null where they can. Whatever reads such
    /// an array, or asks for its type, gets an <see cref="InvalidDataException"/> that names it.
    /// </summary>
    public string? ForeignType => _foreign?.What;

    /// <summary>Length of each dimension; empty for a single number.</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>Number of elements.</summary>
    public long Count { get; }

    /// <summary>Length of the first dimension: rows of the two-dimensional view. 1 for a single number.</summary>
    public long Rows { get; }

    /// <summary>Product of all dimensions after the first: columns of the two-dimensional view. 1 where there are none.</summary>
    public long Columns { get; }

    /// <summary>Size of all elements in bytes, as <see cref="ReadRowBytes"/> hands them out.</summary>
    public long ByteCount => Count * Type.ByteSize();

    /// <summary>Reads whole rows as numbers.</summary>
    /// <param name="firstRow">From 0.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="values">[rows, <see cref="Columns"/>], row after row.</param>
    /// <exception cref="ArgumentException">Rows outside the array, or a destination of another size.</exception>
    /// <exception cref="InvalidDataException">The member's data are damaged.</exception>
    public void ReadRows(long firstRow, long rows, Span<double> values) => ReadPanel(firstRow, rows, 0, Columns, values);

    /// <inheritdoc cref="ReadRows(long, long, Span{double})"/>
    public void ReadRows(long firstRow, long rows, Span<float> values) => ReadPanel(firstRow, rows, 0, Columns, values);

    /// <summary>Reads a block of rows and columns as numbers, without reading the rest of the array.</summary>
    /// <param name="firstRow">From 0.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="firstColumn">From 0; a column is a C-order position in the dimensions after the first.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="values">[rows, columns], row after row.</param>
    /// <exception cref="ArgumentException">A block outside the array, or a destination of another size.</exception>
    /// <exception cref="InvalidDataException">The member's data are damaged.</exception>
    public void ReadPanel(long firstRow, long rows, long firstColumn, long columns, Span<double> values) =>
        Read(firstRow, rows, firstColumn, columns, values, _format.ToNumbers<double>);

    /// <inheritdoc cref="ReadPanel(long, long, long, long, Span{double})"/>
    public void ReadPanel(long firstRow, long rows, long firstColumn, long columns, Span<float> values) =>
        Read(firstRow, rows, firstColumn, columns, values, _format.ToNumbers<float>);

    /// <summary>Reads all elements as whole numbers: labels and indices.</summary>
    /// <exception cref="InvalidDataException">
    /// The array holds fractions, is larger than the memory limit, has a number beyond 2^63 - 1, or its data are damaged.
    /// </exception>
    public long[] ToInt64Array()
    {
        if (Type.IsFloatingPoint())
            throw _place.Error(_offset, $"array {FilePlace.Quote(Name)} holds {Type}", "whole numbers", "Save it with an integer type: a.astype('int64').");
        long[] values = new long[CheckedLength(Count, sizeof(long))];
        Read(0, Rows, 0, Columns, values, _format.ToNumbers<long>);
        return values;
    }

    /// <summary>Reads whole rows as the bytes of <see cref="Type"/>: C order, little-endian.</summary>
    /// <param name="firstRow">From 0.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="bytes">rows * <see cref="Columns"/> elements.</param>
    /// <exception cref="ArgumentException">Rows outside the array, or a destination of another size.</exception>
    /// <exception cref="InvalidDataException">A uint64 is beyond 2^63 - 1, or the member's data are damaged.</exception>
    public void ReadRowBytes(long firstRow, long rows, Span<byte> bytes)
    {
        if (bytes.Length % Type.ByteSize() != 0)
            throw new ArgumentException($"The destination has {bytes.Length} bytes, not a multiple of {Type.ByteSize()}, the size of {Type}.", nameof(bytes));
        switch (Type.ByteSize())
        {
            case 1: ReadAs(bytes); break;
            case 2: ReadAs(MemoryMarshal.Cast<byte, ushort>(bytes)); break;
            case 4: ReadAs(MemoryMarshal.Cast<byte, uint>(bytes)); break;
            default: ReadAs(MemoryMarshal.Cast<byte, ulong>(bytes)); break;
        }

        // Elements move as bit patterns of their size, so that one loop serves both orders.
        void ReadAs<T>(Span<T> elements) where T : unmanaged =>
            Read(firstRow, rows, 0, Columns, elements, (stored, part) => _format.ToBytes(stored, MemoryMarshal.AsBytes(part)));
    }

    /// <summary>Reads all elements as the bytes of <see cref="Type"/>: C order, little-endian.</summary>
    /// <exception cref="InvalidDataException">Larger than the memory limit or 2 GB, or the member's data are damaged.</exception>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[CheckedLength(ByteCount, 1)];
        ReadRowBytes(0, Rows, bytes);
        return bytes;
    }

    /// <summary>Refuses what a tensor of so many dimensions cannot hold within the memory limit.</summary>
    internal void CheckFits(int mostDimensions)
    {
        if (_shape.Length > mostDimensions)
            throw _place.Error(_offset, $"array {FilePlace.Quote(Name)} of {_shape.Length} dimensions", $"at most {mostDimensions} in a tensor", "Reshape it before saving.");
        CheckedLength(ByteCount, 1);
    }

    private int CheckedLength(long length, int elementSize)
    {
        if (length * elementSize > _memoryLimit || length > Array.MaxLength)
            throw _place.Error(_offset, $"array {FilePlace.Quote(Name)} takes {length * elementSize} bytes",
                $"at most {Math.Min(_memoryLimit, (long)Array.MaxLength * elementSize)}", "Raise the memory limit, or read it in blocks of rows.");
        return (int)length;
    }

    private void Read<T>(long firstRow, long rows, long firstColumn, long columns, Span<T> values, Decoder<T> decode) where T : unmanaged
    {
        _ = Type;                                           // refuses foreign elements, also where none is read
        CheckRange(firstRow, rows, Rows, "rows");
        CheckRange(firstColumn, columns, Columns, "columns");
        // A product that overflows cannot equal a length: rows and columns are at most 2^63 - 1 each, so compare as 128-bit.
        if ((Int128)rows * columns != values.Length)
            throw new ArgumentException($"{rows} rows of {columns} columns need a destination of {(Int128)rows * columns} elements, not {values.Length}.", nameof(values));
        if (values.IsEmpty) return;
        try
        {
            if (_fortranOrder && _shape.Length > 1) ReadFortranOrder(firstRow, (int)rows, firstColumn, (int)columns, values, decode);
            else if (columns == Columns) ReadRun(firstRow * Columns, values, decode);
            else
                for (int row = 0; row < rows; row++)
                    ReadRun((firstRow + row) * Columns + firstColumn, values.Slice(row * (int)columns, (int)columns), decode);
        }
        catch (OverflowException)
        {
            throw _place.Error(_offset, $"array {FilePlace.Quote(Name)} holds an unsigned number beyond 2^63 - 1", "numbers that fit int64",
                "Save it as int64 or float64.");
        }
    }

    private static void CheckRange(long first, long count, long available, string what)
    {
        if (first < 0 || count < 0 || first > available - count)
            throw new ArgumentOutOfRangeException(what, $"{what} {first} to {first + count} were asked for; the array has {available}.");
    }

    // In Fortran order the first dimension runs fastest, so the rows of one column lie together.
    private void ReadFortranOrder<T>(long firstRow, int rows, long firstColumn, int columns, Span<T> values, Decoder<T> decode) where T : unmanaged
    {
        T[] rented = ArrayPool<T>.Shared.Rent(rows);
        Span<T> column = rented.AsSpan(0, rows);
        for (int c = 0; c < columns; c++)
        {
            ReadRun(FortranColumn(firstColumn + c) * Rows + firstRow, column, decode);
            for (int row = 0, to = c; row < rows; row++, to += columns) values[to] = column[row];
        }
        ArrayPool<T>.Shared.Return(rented);
    }

    // C-order position in the dimensions after the first -> Fortran-order position.
    private long FortranColumn(long column)
    {
        long position = 0;
        long columnsLeft = Columns;
        for (int d = _shape.Length - 1; d > 0; d--)
        {
            columnsLeft /= _shape[d];
            position += column % _shape[d] * columnsLeft;
            column /= _shape[d];
        }
        return position;
    }

    // Elements that lie together in the file, block by block.
    private void ReadRun<T>(long firstElement, Span<T> values, Decoder<T> decode) where T : unmanaged
    {
        int size = _format.Size;
        int blockLength = Math.Min(values.Length, BlockBytes / size);
        byte[] rented = ArrayPool<byte>.Shared.Rent(blockLength * size);
        for (int done = 0; done < values.Length; done += blockLength)
        {
            int length = Math.Min(blockLength, values.Length - done);
            Span<byte> block = rented.AsSpan(0, length * size);
            _source.Read(_offset + (firstElement + done) * size, block);
            _format.ToLittleEndian(block);
            decode(block, values.Slice(done, length));
        }
        ArrayPool<byte>.Shared.Return(rented);
    }
}

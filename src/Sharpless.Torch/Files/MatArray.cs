using System.Buffers.Binary;

namespace Sharpless.Torch.Files;

/// <summary>A real array of numbers in a MATLAB file.</summary>
/// <remarks>The type in the file may be narrower than that of the variable: MATLAB stores numbers in the smallest type that holds them.</remarks>
public sealed class MatArray
{
    private readonly MatType _type;
    private readonly byte[] _data;
    private readonly bool _isBigEndian;
    private readonly FilePlace _place;

    internal MatArray(string name, IReadOnlyList<long> shape, MatType type, byte[] data, bool isBigEndian, FilePlace place) =>
        (Name, Shape, _type, _data, _isBigEndian, _place) = (name, shape, type, data, isBigEndian, place);

    /// <summary>Name of the variable.</summary>
    public string Name { get; }

    /// <summary>Length of each dimension. The first runs fastest, as always in MATLAB.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The elements, stored as unsigned bytes, in the order of the file. Not copied, not to be written to.</summary>
    /// <exception cref="InvalidDataException">They are stored in another type.</exception>
    public byte[] ToBytes() => _type == MatType.UInt8 ? _data : throw _place.Error(0, $"numbers stored as {_type}", "uint8", "Save it as uint8.");

    /// <summary>The elements, in the order of the file.</summary>
    public double[] ToDoubles()
    {
        int size = _type.Size();
        var values = new double[_data.Length / size];
        for (int i = 0; i < values.Length; i++)
        {
            Span<byte> bytes = _data.AsSpan(i * size, size);
            values[i] = (_type, _isBigEndian) switch
            {
                (MatType.Int8, _) => (sbyte)bytes[0],
                (MatType.UInt8, _) => bytes[0],
                (MatType.Int16, false) => BinaryPrimitives.ReadInt16LittleEndian(bytes),
                (MatType.Int16, true) => BinaryPrimitives.ReadInt16BigEndian(bytes),
                (MatType.UInt16, false) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
                (MatType.UInt16, true) => BinaryPrimitives.ReadUInt16BigEndian(bytes),
                (MatType.Int32, false) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
                (MatType.Int32, true) => BinaryPrimitives.ReadInt32BigEndian(bytes),
                (MatType.UInt32, false) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
                (MatType.UInt32, true) => BinaryPrimitives.ReadUInt32BigEndian(bytes),
                (MatType.Single, false) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
                (MatType.Single, true) => BinaryPrimitives.ReadSingleBigEndian(bytes),
                (MatType.Double, false) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
                (MatType.Double, true) => BinaryPrimitives.ReadDoubleBigEndian(bytes),
                _ => throw new InvalidOperationException($"Bug in Sharpless: {_type} was accepted as a number."),
            };
        }
        return values;
    }
}

using System.Numerics;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Pruning;

/// <summary>A tensor of a packed file: its shape, and the two parts that it is stored in.</summary>
internal sealed class PackedTensor
{
    // As many as a tensor may have (TensorFiles).
    private const int MostDimensions = 16;

    private readonly string _path;
    private readonly StoredArray _bits;
    private readonly StoredArray _values;
    private readonly long _count;

    /// <exception cref="InvalidDataException">The shape is none, or a part has another size than it says.</exception>
    internal PackedTensor(string path, string name, long[] shape, StoredArray bits, StoredArray values)
    {
        (_path, Name, Shape, _bits, _values) = (path, name, shape, bits, values);
        if (shape.Length > MostDimensions || shape.Any(length => length < 1)) throw Error($"the shape [{string.Join(", ", shape.Take(MostDimensions + 1))}]", $"at most {MostDimensions} lengths of 1 or more");
        Int128 count = 1;
        foreach (long length in shape)
        {
            count *= length;
            if (count > long.MaxValue) throw Error($"the shape [{string.Join(", ", shape)}]", "fewer than 2^63 weights");
        }

        _count = (long)count;
        if (bits.Type != ScalarType.Byte || bits.Shape.Count != 1 || bits.Count != LiveBits.ByteCount(_count))
        {
            throw Error($"bits as {bits.Type} [{string.Join(", ", bits.Shape)}]", $"UInt8 [{LiveBits.ByteCount(_count)}] for {_count} weights");
        }

        if (values.Shape.Count != 1 || values.Count > _count) throw Error($"values of shape [{string.Join(", ", values.Shape)}]", $"one dimension of at most {_count}");
    }

    internal string Name { get; }

    internal long[] Shape { get; }

    /// <summary>Reads the parts.</summary>
    /// <param name="memoryLimit">Bytes that the tensor may take.</param>
    /// <exception cref="InvalidDataException">Bits beyond the last weight, another number of values than bits, or a tensor beyond the limit.</exception>
    internal (Tensor Tensor, Tensor Live) Unpack(long memoryLimit)
    {
        ScalarType type = _values.Type;
        if (_count > Array.MaxLength || _count > memoryLimit / type.ByteSize()) throw Error($"{_count} weights of {type}", $"at most {Math.Min(Array.MaxLength, memoryLimit / type.ByteSize())}, which fit the memory limit");
        byte[] bits = _bits.ToArray();
        if (_count % 8 != 0 && bits[^1] >> (int)(_count % 8) != 0) throw Error("bits that are set beyond the last weight", "0");
        long live = bits.Sum(bit => (long)BitOperations.PopCount(bit));
        if (live != _values.Count) throw Error($"{_values.Count} values", $"{live}, as many as bits are set");
        byte[] mask = LiveBits.Unpack(bits, (int)_count);
        Tensor liveWeights = zeros(Shape, ScalarType.Bool);
        mask.CopyTo(liveWeights.Data<byte>());
        return (LiveBits.Spread(_values.ToArray(), mask, type, Shape), liveWeights);
    }

    private InvalidDataException Error(string given, string expected) => new(
        $"\"{_path}\": packed weights '{PackedWeights.Plain(Name)}' have {given}; expected {expected}. {PackedWeights.Rewrite}");
}

namespace Sharpless.Torch.Files;

/// <summary>Checks a shape that came from a file.</summary>
internal static class ArrayShape
{
    /// <summary>numpy's own limit.</summary>
    public const int MostDimensions = 64;

    /// <summary>Size in bytes of an array of this shape, or a refusal.</summary>
    /// <remarks>
    /// Lengths of 0 do not excuse the others: [2^40, 2^40, 0] would be an empty array whose number of columns overflows.
    /// </remarks>
    public static long CheckedByteCount(ReadOnlySpan<long> shape, int elementSize, FilePlace place, long offset)
    {
        if (shape.Length > MostDimensions)
            throw place.Error(offset, $"an array of {shape.Length} dimensions", $"at most {MostDimensions}", "Reshape it before saving.");
        Int128 product = elementSize;
        foreach (long length in shape)
        {
            if (length < 0)
                throw place.Error(offset, $"shape {FilePlace.Format(shape.ToArray())}", "lengths of 0 or more", "The file is damaged; write it again.");
            product *= Math.Max(length, 1);
            if (product > long.MaxValue)
                throw place.Error(offset, $"shape {FilePlace.Format(shape.ToArray())}", "an array below 2^63 bytes", "The file is damaged; write it again.");
        }
        return Count(shape) * elementSize;
    }

    /// <summary>Product of the lengths; 1 for none.</summary>
    public static long Count(ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long length in shape) count *= length;
        return count;
    }
}

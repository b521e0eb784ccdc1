using Sharpless.Data.Pictures;
using Sharpless.Torch;
using Sharpless.Torch.Pictures;

namespace Sharpless.Data.Captions;

/// <summary>Reads batches of pictures with captions. While one batch is worked on, the next ones are decoded on all cores.</summary>
public sealed class CaptionReader
{
    private readonly PictureReader _pictures;

    /// <summary>A reader of one split.</summary>
    /// <param name="set">The split.</param>
    /// <param name="side">H and W: every picture is squashed to this many rows and columns; see <see cref="BilinearResize"/>.</param>
    public CaptionReader(CaptionSet set, int side)
    {
        ArgumentNullException.ThrowIfNull(set);
        (Set, _pictures) = (set, new PictureReader(new PictureSize(side, side)));
    }

    /// <summary>The split.</summary>
    public CaptionSet Set { get; }

    /// <summary>The batches of a training, without end: the caller stops.</summary>
    /// <param name="order">Which pairs are in which step.</param>
    /// <param name="fromStep">First step, 0 or more.</param>
    /// <exception cref="InvalidDataException">A picture is damaged; thrown when its batch is reached.</exception>
    public IEnumerable<CaptionBatch> Training(CaptionOrder order, long fromStep = 0)
    {
        ArgumentNullException.ThrowIfNull(order);
        ArgumentOutOfRangeException.ThrowIfNegative(fromStep);
        return Read(Steps());

        IEnumerable<(long, IReadOnlyList<(int, int)>)> Steps()
        {
            for (long step = fromStep; ; step++) yield return (step, order.At(step));
        }
    }

    /// <summary>The pictures in their stored order, each with its first caption; the last batch may be incomplete.</summary>
    /// <param name="batchSize">B, 1 or more.</param>
    /// <param name="examples">How many of them, from the first; all unless given.</param>
    /// <exception cref="InvalidDataException">A picture is damaged; thrown when its batch is reached.</exception>
    public IEnumerable<CaptionBatch> Evaluation(int batchSize, int? examples = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        int count = Math.Min(examples ?? Set.Count, Set.Count);
        return Read(Enumerable.Range(0, count).Select(example => (example, 0)).Chunk(batchSize).Select((pairs, number) => ((long)number, (IReadOnlyList<(int, int)>)pairs)));
    }

    /// <summary>A picture as it is read, squashed, as a PNG file.</summary>
    /// <param name="example">A place in <see cref="CaptionSet.Pictures"/>.</param>
    /// <exception cref="InvalidDataException">The picture is damaged.</exception>
    public byte[] Png(int example)
    {
        using PictureBatch<int> read = _pictures.Read([(example, (IReadOnlyList<string>)[Set.Pictures[example].Path])]).Single();
        ReadOnlySpan<float> values = read.Pictures.Data<float>();
        int side = (int)read.Pictures.size(-1), plane = side * side;
        var rgb = new byte[values.Length];
        for (int i = 0; i < values.Length; i++) rgb[i % plane * 3 + i / plane] = (byte)MathF.Round(values[i] * 255);
        return PictureFile.EncodePng(rgb, side, side);
    }

    private IEnumerable<CaptionBatch> Read(IEnumerable<(long Number, IReadOnlyList<(int Example, int Caption)> Pairs)> batches) => _pictures
        .Read(batches.Select(batch => (batch, (IReadOnlyList<string>)[.. batch.Pairs.Select(pair => Set.Pictures[pair.Example].Path)])))
        .Select(read => new CaptionBatch(
            read.Tag.Number, [.. read.Tag.Pairs.Select(pair => pair.Example)], read.Pictures, [.. read.Tag.Pairs.Select(pair => Set.Pictures[pair.Example].Captions[pair.Caption])]));
}

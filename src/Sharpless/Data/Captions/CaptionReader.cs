using Sharpless.Data.Sources;
using Sharpless.Torch;
using Sharpless.Torch.Pictures;

namespace Sharpless.Data.Captions;

/// <summary>Reads batches of pictures with captions. While one batch is worked on, the next ones are decoded on all cores.</summary>
public sealed class CaptionReader
{
    // Batches in the making beside the one that is worked on: one more than needed evens out pictures of different sizes.
    private const int Ahead = 2;

    private const int Colours = 3;

    private readonly int _side;

    /// <summary>A reader of one split.</summary>
    /// <param name="set">The split.</param>
    /// <param name="side">H and W: every picture is squashed to this many rows and columns; see <see cref="BilinearResize"/>.</param>
    public CaptionReader(CaptionSet set, int side)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(side);
        (Set, _side) = (set, side);
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

    private IEnumerable<CaptionBatch> Read(IEnumerable<(long Number, IReadOnlyList<(int Example, int Caption)> Pairs)> batches)
    {
        var making = new Queue<(CaptionBatch Batch, Task Decoded)>();
        using IEnumerator<(long Number, IReadOnlyList<(int Example, int Caption)> Pairs)> next = batches.GetEnumerator();
        try
        {
            bool isMore = true;
            while (true)
            {
                while (isMore && making.Count <= Ahead && (isMore = next.MoveNext())) making.Enqueue(Begin(next.Current.Number, next.Current.Pairs));
                if (making.Count == 0) yield break;
                making.Peek().Decoded.GetAwaiter().GetResult();
                yield return making.Dequeue().Batch;
            }
        }
        finally
        {
            // No one may write into a tensor that is freed.
            foreach ((CaptionBatch batch, Task decoded) in making)
            {
                ((IAsyncResult)decoded).AsyncWaitHandle.WaitOne();
                batch.Dispose();
            }
        }
    }

    // The tensor is made here, on the reader's thread, and outlives the scope of the step in which it is made; others fill it.
    private (CaptionBatch Batch, Task Decoded) Begin(long number, IReadOnlyList<(int Example, int Caption)> pairs)
    {
        using TensorScope outside = TensorScope.Outside();
        Tensor pictures = Tensor.Empty([pairs.Count, Colours, _side, _side]);
        var batch = new CaptionBatch(number, [.. pairs.Select(pair => pair.Example)], pictures, [.. pairs.Select(pair => Set.Pictures[pair.Example].Captions[pair.Caption])]);
        int size = Colours * _side * _side;
        return (batch, Task.Run(() => PictureSet.InParallel(pairs.Count, place => Decode(batch.Examples[place], pictures.Data<float>().Slice(place * size, size)))));
    }

    private void Decode(int example, Span<float> destination)
    {
        string path = Set.Pictures[example].Path;
        BilinearResize.Write(PictureFile.Decode(File.ReadAllBytes(path), path), _side, _side, destination);
    }
}

using Sharpless.Data.Sources;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Pictures;

namespace Sharpless.Data.Pictures;

/// <summary>Reads batches of picture files. While one batch is worked on, the next ones are decoded on all cores.</summary>
internal sealed class PictureReader
{
    // Batches in the making beside the one that is worked on: one more than needed evens out pictures of different sizes.
    private const int Ahead = 2;

    private const int Colours = 3;

    private readonly PictureSize _size;
    private readonly PictureFit _fit;
    private readonly bool _skipsDamaged;

    /// <summary>A reader.</summary>
    /// <param name="size">What every picture is brought to; see <see cref="BilinearResize"/>.</param>
    /// <param name="fit">How.</param>
    /// <param name="skipsDamaged">Whether a damaged picture is told in <see cref="PictureBatch{T}.Damage"/>; else it is thrown when its batch is reached.</param>
    internal PictureReader(PictureSize size, PictureFit fit = PictureFit.Squash, bool skipsDamaged = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size.Height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size.Width);
        (_size, _fit, _skipsDamaged) = (size, fit, skipsDamaged);
    }

    /// <summary>The batches in their order, each with what the caller calls it.</summary>
    /// <exception cref="InvalidDataException">A picture is damaged.</exception>
    internal IEnumerable<PictureBatch<T>> Read<T>(IEnumerable<(T Tag, IReadOnlyList<string> Paths)> batches)
    {
        var making = new Queue<(PictureBatch<T> Batch, Task Decoded)>();
        using IEnumerator<(T Tag, IReadOnlyList<string> Paths)> next = batches.GetEnumerator();
        try
        {
            bool isMore = true;
            while (true)
            {
                while (isMore && making.Count <= Ahead && (isMore = next.MoveNext())) making.Enqueue(Begin(next.Current.Tag, next.Current.Paths));
                if (making.Count == 0) yield break;
                making.Peek().Decoded.GetAwaiter().GetResult();
                yield return making.Dequeue().Batch;
            }
        }
        finally
        {
            // No one may write into a tensor that is freed.
            foreach ((PictureBatch<T> batch, Task decoded) in making)
            {
                ((IAsyncResult)decoded).AsyncWaitHandle.WaitOne();
                batch.Dispose();
            }
        }
    }

    // The tensor is made here, on the reader's thread, and outlives the scope of the step in which it is made; others fill it.
    private (PictureBatch<T> Batch, Task Decoded) Begin<T>(T tag, IReadOnlyList<string> paths)
    {
        using var outside = new Outside();
        Tensor pictures = Tensor.Empty([paths.Count, Colours, _size.Height, _size.Width]);
        var damage = new InvalidDataException?[paths.Count];
        int size = Colours * _size.Height * _size.Width;
        return (new PictureBatch<T>(tag, pictures, damage), Task.Run(() => PictureSet.InParallel(paths.Count, place =>
        {
            try
            {
                byte[] file = InputFile.ReadAllBytes(paths[place]);
                BilinearResize.Write(PictureFile.Decode(file, paths[place]), _size.Height, _size.Width,
                    pictures.Data<float>().Slice(place * size, size), _fit);
            }
            catch (InvalidDataException error) when (_skipsDamaged)
            {
                damage[place] = error;
            }
        })));
    }
}

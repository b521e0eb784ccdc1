using Sharpless.Torch.Pictures;

namespace Sharpless.Data.Sources;

/// <summary>Makes sets of picture files: decodes them on all cores, in colour, and puts them into one fixed order.</summary>
internal static class PictureSet
{
    // Sets this order apart from all other draws (BatchSequence and CropFlip have their own numbers).
    private const ulong Stream = 3;
    private const int Colours = 3;

    /// <summary>Decodes pictures.</summary>
    /// <param name="tree">Where they are.</param>
    /// <param name="pictures">Names and classes.</param>
    /// <param name="classes">K.</param>
    /// <param name="shape">The shape that all must have; null for that of the first.</param>
    /// <param name="normalization">As for <see cref="ImageSet"/>.</param>
    /// <remarks>
    /// The order is shuffled, because the first examples stand for all in evaluations, but it is the same each time: it depends on the
    /// number of pictures alone (decision on question 15 of the specification: the published code shuffles anew at each load).
    /// </remarks>
    /// <exception cref="UsageException">Pictures differ in size, or do not fit in memory together.</exception>
    /// <exception cref="InvalidDataException">A picture cannot be decoded.</exception>
    public static ImageSet Read(FileTree tree, IReadOnlyList<(string Name, int Label)> pictures, int classes, ImageShape? shape = null, Normalization? normalization = null)
    {
        int[] order = Philox.Permutation(pictures.Count, key: 0, Stream << 32);
        ImageShape common = shape ?? ShapeOf(Decode(tree, pictures[0].Name));
        if ((long)pictures.Count * common.Size > Array.MaxLength)
            throw new UsageException($"{tree.Path} holds {pictures.Count} pictures of {common}: more than fit in memory as one set.", "Make the pictures smaller, or use fewer.");

        var pixels = new byte[pictures.Count * common.Size];
        var labels = new int[pictures.Count];
        InParallel(pictures.Count, place =>
        {
            (string name, labels[place]) = pictures[order[place]];
            Picture picture = Decode(tree, name);
            if (ShapeOf(picture) != common)
                throw new UsageException($"{System.IO.Path.Combine(tree.Path, name)} is {picture.Width}x{picture.Height}; the other pictures are {common.Width}x{common.Height} (width x height).",
                    $"Bring all to one size first, for example with ImageMagick: mogrify -resize '{common.Width}x{common.Height}!' ...");
            picture.WriteOnWhite(pixels.AsSpan(place * common.Size, common.Size));
        });
        return new ImageSet(common, pixels, labels, classes, normalization);
    }

    /// <summary>How the names of pictures end, in lower case.</summary>
    public static IReadOnlyList<string> Endings => PictureFile.Endings;

    /// <summary>Whether a file's name ends as those of pictures do.</summary>
    public static bool IsPicture(string name) => Endings.Contains(System.IO.Path.GetExtension(name).ToLowerInvariant());

    /// <summary>Runs a body for each number below a count, on all cores. If some fail, the error of the lowest is thrown, as a plain loop would.</summary>
    public static void InParallel(int count, Action<int> body)
    {
        try
        {
            Parallel.For(0, count, (i, state) =>
            {
                try
                {
                    body(i);
                }
                catch
                {
                    state.Break();
                    throw;
                }
            });
        }
        catch (AggregateException several)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
    }

    private static Picture Decode(FileTree tree, string name) => PictureFile.Decode(tree.Read(name), System.IO.Path.Combine(tree.Path, name));

    private static ImageShape ShapeOf(Picture picture) => new(Colours, picture.Height, picture.Width);
}

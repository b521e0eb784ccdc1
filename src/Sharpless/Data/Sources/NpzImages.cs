using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Data.Sources;

/// <summary>
/// Images of the user's own, in an npz file (numpy.savez): <c>x_train</c> and <c>x_test</c> [N, C, H, W] or, where that is plain or was said,
/// [N, H, W, C]; <c>y_train</c> and <c>y_test</c> [N]. Pixels of type uint8 are divided by 255, float32 is taken as it is; no normalization, no
/// augmentation. Labels are of any integer type; the number of classes is the largest training label + 1.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="layout">The order of the dimensions, where the user said it; null to see it from the shape (<see cref="NpzLayout.Of"/>).</param>
internal sealed class NpzImages(string path, NpzLayout? layout = null) : IDataSource
{
    // Room for every set of classes that is in use. One more label costs a row of the head, so a stray number could ask for more memory than there is.
    private const int MostClasses = 100_000;

    public string Name => NpzLayout.PrefixOf(layout) + path;

    public Normalization? OwnNormalization => null;

    public ImageData Load(string dataFolder)
    {
        if (!File.Exists(path))
            throw new UsageException($"There is no file {path}.", "npz: takes the path of an npz file, relative to the current folder or absolute.");
        using ArrayFile file = ArrayFile.Open(path);

        StoredArray trainImages = file["x_train"], testImages = file["x_test"];
        NpzLayout trainLayout = LayoutOf(trainImages), testLayout = LayoutOf(testImages);
        ImageShape shape = trainLayout.ShapeOf(trainImages.Shape), testShape = testLayout.ShapeOf(testImages.Shape);
        if (testShape != shape)
            throw Wrong($"x_train holds images of {shape} (channels x height x width), x_test of {testShape}", "Save both in one shape.");

        int[] trainLabels = Labels(file["y_train"], trainImages, null), testLabels = Labels(file["y_test"], testImages, trainLabels.Max());
        int classes = trainLabels.Max() + 1;
        return new ImageData(Name, Images(trainImages, trainLayout, shape, trainLabels, classes), Images(testImages, testLayout, shape, testLabels, classes))
        {
            Notes = layout is null && trainLayout == NpzLayout.ChannelsLast
                ? [$"{path}: x_train has the shape {Text(trainImages)}, taken as [N, H, W, C]: images of {shape} (channels x height x width)."] : [],
        };
    }

    private NpzLayout LayoutOf(StoredArray images)
    {
        if (images.Shape.Count != 4 || images.Count == 0)
            throw Wrong($"{images.Name} has the shape {Text(images)}; expected [N, C, H, W] with at least one image", "Reshape it, for example x[:, None] for grey images.");
        if (images.Type is not (ScalarType.Byte or ScalarType.Float32))
            throw Wrong($"{images.Name} is of type {images.Type}; expected uint8 (0 to 255) or float32", "Convert it: x.astype('float32').");
        if (images.Count > Array.MaxLength)
            throw Wrong($"{images.Name} has {images.Count} values; at most {Array.MaxLength} fit in memory as one set", "Save fewer or smaller images.");
        return layout ?? NpzLayout.Of(images.Shape) ?? throw Wrong(
            $"{images.Name} has the shape {Text(images)}, which can be [N, C, H, W] (images of {images.Shape[1]} channels) or [N, H, W, C] (of {images.Shape[3]})",
            $"Say which: --dataset {NpzLayout.PrefixOf(NpzLayout.ChannelsFirst)}FILE or {NpzLayout.PrefixOf(NpzLayout.ChannelsLast)}FILE; or save x.transpose(0, 3, 1, 2).");
    }

    private int[] Labels(StoredArray labels, StoredArray images, int? largest)
    {
        if (labels.Shape.Count != 1 || labels.Count != images.Rows)
            throw Wrong($"{labels.Name} has the shape {Text(labels)}; expected [{images.Rows}], one label for each image of {images.Name}", "Save one integer for each image.");
        long[] values = labels.ToInt64Array();
        int bad = Array.FindIndex(values, value => value < 0);
        if (bad >= 0) throw Wrong($"{labels.Name}[{bad}] is {values[bad]}; labels count from 0", "Number the classes 0, 1, 2, ...");
        if (largest is { } known && (bad = Array.FindIndex(values, value => value > known)) >= 0)
            throw Wrong($"{labels.Name}[{bad}] is {values[bad]}, but the largest label of y_train is {known}", "A class must be trained on before it can be tested.");
        if ((bad = Array.FindIndex(values, value => value >= Math.Max(MostClasses, values.Length))) >= 0)
        {
            throw Wrong(
                $"{labels.Name}[{bad}] is {values[bad]}, which makes {values[bad] + 1} classes of {values.Length} images; labels count from 0 to at most {Math.Max(MostClasses, values.Length) - 1}",
                "Number the classes 0, 1, 2, ...: numpy.unique(y, return_inverse=True)[1].");
        }

        return Array.ConvertAll(values, value => (int)value);
    }

    private ImageSet Images(StoredArray images, NpzLayout stored, ImageShape shape, int[] labels, int classes)
    {
        if (images.Type == ScalarType.Byte) return new ImageSet(shape, Pixels(images.ToArray()), labels, classes);

        var values = new float[images.Count];
        images.ReadRows(0, images.Rows, values);
        int bad = Array.FindIndex(values, value => !float.IsFinite(value));
        if (bad >= 0) throw Wrong($"{images.Name}[{bad / shape.Size}] holds {values[bad]}; every value must be finite", "Find such images with numpy.isfinite and repair or drop them.");
        return new ImageSet(shape, Pixels(values), labels, classes);

        T[] Pixels<T>(T[] found) => stored == NpzLayout.ChannelsFirst ? ImageSet.FromPlanes(found, shape) : found;
    }

    private static string Text(StoredArray array) => $"[{string.Join(", ", array.Shape)}]";

    private UsageException Wrong(string what, string hint) => new($"{path}: {what}.", hint);
}

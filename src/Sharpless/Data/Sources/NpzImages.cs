using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Data.Sources;

/// <summary>
/// Images of the user's own, in an npz file (numpy.savez): <c>x_train</c> and <c>x_test</c> [N, C, H, W], <c>y_train</c> and
/// <c>y_test</c> [N]. Pixels of type uint8 are divided by 255, float32 is taken as it is; no normalization, no augmentation. Labels are
/// of any integer type; the number of classes is the largest training label + 1.
/// </summary>
internal sealed class NpzImages(string path) : IDataSource
{
    public string Name => "npz:" + path;

    public Normalization? OwnNormalization => null;

    public ImageData Load(string dataFolder)
    {
        if (!File.Exists(path))
            throw new UsageException($"There is no file {path}.", "npz: takes the path of an npz file, relative to the current folder or absolute.");
        using ArrayFile file = ArrayFile.Open(path);

        StoredArray trainImages = file["x_train"], testImages = file["x_test"];
        ImageShape shape = ShapeOf(trainImages), testShape = ShapeOf(testImages);
        if (testShape != shape)
            throw Wrong($"x_train holds images of {shape} (channels x height x width), x_test of {testShape}", "Save both in one shape.");

        int[] trainLabels = Labels(file["y_train"], trainImages), testLabels = Labels(file["y_test"], testImages);
        int classes = trainLabels.Max() + 1;
        int strange = Array.FindIndex(testLabels, label => label >= classes);
        if (strange >= 0)
            throw Wrong($"y_test[{strange}] is {testLabels[strange]}, but the largest label of y_train is {classes - 1}", "A class must be trained on before it can be tested.");

        return new ImageData(Name, Images(trainImages, shape, trainLabels, classes), Images(testImages, shape, testLabels, classes));
    }

    private ImageShape ShapeOf(StoredArray images)
    {
        if (images.Shape.Count != 4 || images.Count == 0)
            throw Wrong($"{images.Name} has the shape [{string.Join(", ", images.Shape)}]; expected [N, C, H, W] with at least one image", "Reshape it, for example x[:, None] for grey images.");
        if (images.Type is not (ScalarType.UInt8 or ScalarType.Float32))
            throw Wrong($"{images.Name} is of type {images.Type}; expected uint8 (0 to 255) or float32", "Convert it: x.astype('float32').");
        if (images.Count > Array.MaxLength)
            throw Wrong($"{images.Name} has {images.Count} values; at most {Array.MaxLength} fit in memory as one set", "Save fewer or smaller images.");
        return new ImageShape((int)images.Shape[1], (int)images.Shape[2], (int)images.Shape[3]);
    }

    private int[] Labels(StoredArray labels, StoredArray images)
    {
        if (labels.Shape.Count != 1 || labels.Count != images.Rows)
            throw Wrong($"{labels.Name} has the shape [{string.Join(", ", labels.Shape)}]; expected [{images.Rows}], one label for each image of {images.Name}", "Save one integer for each image.");
        long[] values = labels.ToInt64Array();
        int bad = Array.FindIndex(values, value => value is < 0 or >= int.MaxValue);
        if (bad >= 0) throw Wrong($"{labels.Name}[{bad}] is {values[bad]}; labels count from 0", "Number the classes 0, 1, 2, ...");
        return Array.ConvertAll(values, value => (int)value);
    }

    private ImageSet Images(StoredArray images, ImageShape shape, int[] labels, int classes)
    {
        if (images.Type == ScalarType.UInt8) return new ImageSet(shape, ImageSet.FromPlanes(images.ToArray(), shape), labels, classes);

        var values = new float[images.Count];
        images.ReadRows(0, images.Rows, values);
        int bad = Array.FindIndex(values, value => !float.IsFinite(value));
        if (bad >= 0) throw Wrong($"{images.Name}[{bad / shape.Size}] holds {values[bad]}; every value must be finite", "Find such images with numpy.isfinite and repair or drop them.");
        return new ImageSet(shape, ImageSet.FromPlanes(values, shape), labels, classes);
    }

    private UsageException Wrong(string what, string hint) => new($"{path}: {what}.", hint);
}

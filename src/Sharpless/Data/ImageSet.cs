namespace Sharpless.Data;

/// <summary>Labelled images in memory, all of one shape.</summary>
/// <remarks>
/// Pixels are stored image by image, row by row, pixel by pixel, the channels of a pixel side by side ([N, H, W, C]): the order that the
/// channels-last convolutions read, in which cropping and mirroring move whole pixels.
/// </remarks>
public sealed class ImageSet
{
    private ImageSet(ImageShape shape, int pixels, int[] labels, int classes)
    {
        if (shape.Channels <= 0 || shape.Height <= 0 || shape.Width <= 0)
            throw new ArgumentException($"An image of {shape} (channels x height x width) has no pixels.", nameof(shape));
        if (labels.Length == 0) throw new ArgumentException("The set holds no images.", nameof(labels));
        if (pixels != (long)labels.Length * shape.Size)
            throw new ArgumentException($"{labels.Length} labels go with {(long)labels.Length * shape.Size} values of {shape} images, but there are {pixels}.",
                nameof(pixels));
        int bad = Array.FindIndex(labels, label => label < 0 || label >= classes);
        if (bad >= 0)
            throw new ArgumentException($"Label {labels[bad]} of example {bad} is not one of the {classes} classes, 0 to {classes - 1}.", nameof(labels));
        Shape = shape;
        Labels = labels;
        Classes = classes;
        Normalization = Normalization.None(shape.Channels);
    }

    /// <summary>A set of 8-bit images.</summary>
    /// <param name="shape">Shape of every image.</param>
    /// <param name="pixels">[N, H, W, C]; kept, not copied.</param>
    /// <param name="labels">[N], each from 0 to classes - 1; kept, not copied.</param>
    /// <param name="classes">K.</param>
    /// <param name="normalization">Applied after scaling to [0, 1]; null leaves pixels in [0, 1].</param>
    /// <exception cref="ArgumentException">Sizes do not agree, a label is out of range, or the set is empty.</exception>
    public ImageSet(ImageShape shape, byte[] pixels, int[] labels, int classes, Normalization? normalization = null)
        : this(shape, pixels.Length, labels, classes)
    {
        Bytes = pixels;
        Normalization = normalization ?? Normalization;
        string problems = string.Join(" ", Normalization.Problems(shape.Channels));
        if (problems.Length > 0) throw new ArgumentException(problems, nameof(normalization));
    }

    /// <summary>A set of images that are numbers already: taken as they are, never normalized or augmented.</summary>
    /// <inheritdoc cref="ImageSet(ImageShape, byte[], int[], int, Normalization?)"/>
    public ImageSet(ImageShape shape, float[] pixels, int[] labels, int classes)
        : this(shape, pixels.Length, labels, classes) => Floats = pixels;

    /// <summary>The same images with other labels of the same classes.</summary>
    /// <param name="labels">[N]; kept, not copied.</param>
    internal ImageSet WithLabels(int[] labels) => Bytes is null ? new(Shape, Floats!, labels, Classes) : new(Shape, Bytes, labels, Classes, Normalization);

    /// <summary>N: number of examples.</summary>
    public int Count => Labels.Length;

    /// <summary>Shape of every image.</summary>
    public ImageShape Shape { get; }

    /// <summary>[N]: class of each example, from 0 to <see cref="Classes"/> - 1. Not to be written to.</summary>
    public int[] Labels { get; }

    /// <summary>K: number of classes.</summary>
    public int Classes { get; }

    /// <summary>What is done to pixels after scaling to [0, 1]. Has no effect on images that are numbers already.</summary>
    public Normalization Normalization { get; }

    /// <summary>[N, H, W, C], or null where the images are numbers already (<see cref="Floats"/>). Not to be written to.</summary>
    public byte[]? Bytes { get; }

    /// <summary>[N, H, W, C], or null where the images are bytes (<see cref="Bytes"/>). Not to be written to.</summary>
    public float[]? Floats { get; }

    /// <summary>The same 8-bit images, normalized otherwise. Nothing is copied.</summary>
    /// <param name="normalization">Applied after scaling to [0, 1].</param>
    /// <exception cref="InvalidOperationException">The images are numbers already.</exception>
    public ImageSet With(Normalization normalization) =>
        new(Shape, Bytes ?? throw new InvalidOperationException("Only 8-bit images are normalized, these are float32."), Labels, Classes, normalization);

    /// <summary>Rearranges images stored plane by plane, as most files have them, into the order of this class.</summary>
    /// <param name="planes">[N, C, H, W].</param>
    /// <param name="shape">Shape of every image.</param>
    /// <returns>[N, H, W, C]; the same array where there is one channel, because then both orders are one.</returns>
    public static T[] FromPlanes<T>(T[] planes, ImageShape shape)
    {
        if (shape.Channels == 1) return planes;
        var pixels = new T[planes.Length];
        int area = shape.Height * shape.Width;
        for (int start = 0; start < planes.Length; start += shape.Size)
            for (int c = 0; c < shape.Channels; c++)
                for (int i = 0; i < area; i++)
                    pixels[start + i * shape.Channels + c] = planes[start + c * area + i];
        return pixels;
    }
}

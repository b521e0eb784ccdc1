namespace Sharpless.Data;

/// <summary>A data set for image classification: what is trained on, what is tested on, and how training images are varied.</summary>
/// <param name="Name">As on the command line, for example <c>fashion_mnist</c>.</param>
/// <param name="Train">All training examples; <see cref="DataSplit"/> takes the validation examples from them.</param>
/// <param name="Test">Test examples of the same shape and classes.</param>
/// <param name="Augmentation">Applied to training batches only; null for none.</param>
public sealed record ImageData(string Name, ImageSet Train, ImageSet Test, CropFlip? Augmentation = null)
{
    /// <summary>
    /// Number of validation examples that the set brings with it: the last ones of <see cref="Train"/>. 0 where <see cref="DataSplit"/> is to
    /// draw them.
    /// </summary>
    public int ValidationCount { get; init; }

    /// <summary>Files of the user's own that were passed over, by their path below the folder of the data set. Empty for published sets as they are published.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>What a user should know of the data before a result is trusted, a sentence each: files left out, classes without examples.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The same data with a validation set of its own, which goes to the end of <see cref="Train"/>.</summary>
    /// <param name="validation">8-bit images of the same shape and classes.</param>
    internal ImageData WithValidation(ImageSet validation) => this with
    {
        Train = new ImageSet(Shape, [.. Train.Bytes!, .. validation.Bytes!], [.. Train.Labels, .. validation.Labels], Classes, Train.Normalization),
        ValidationCount = validation.Count,
    };

    /// <summary>Shape of every image.</summary>
    public ImageShape Shape => Train.Shape;

    /// <summary>K: number of classes.</summary>
    public int Classes => Train.Classes;
}

namespace Sharpless.Models;

/// <summary>What a model must fit: its input images, its classes and its width.</summary>
/// <param name="Channels">Channels of an image.</param>
/// <param name="Height">Rows of an image.</param>
/// <param name="ImageWidth">Columns of an image.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="Width">Base width of the model; what it means is the model's.</param>
public sealed record ModelShape(int Channels, int Height, int ImageWidth, int Classes, int Width);

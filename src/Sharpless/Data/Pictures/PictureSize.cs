namespace Sharpless.Data.Pictures;

/// <summary>The size of a picture.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct PictureSize(int Height, int Width)
{
    /// <summary>Rows and columns, such as 224x224.</summary>
    public override string ToString() => $"{Height}x{Width}";
}

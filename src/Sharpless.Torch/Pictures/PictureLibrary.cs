namespace Sharpless.Torch.Pictures;

/// <summary>A library of the system that reads or draws pictures of one format.</summary>
/// <param name="Format">JPEG, PNG, WebP or SVG.</param>
/// <param name="Name">File name with its version.</param>
/// <param name="Package">Debian's package that installs it.</param>
/// <param name="IsHere">Whether it is installed.</param>
public sealed record PictureLibrary(string Format, string Name, string Package, bool IsHere)
{
    /// <summary>All that are used, looked for now.</summary>
    public static IReadOnlyList<PictureLibrary> All => [Of("JPEG", Jpeg.Library), Of("PNG", Png.Library), Of("WebP", WebP.Library), Of("SVG", Svg.Library)];

    private static PictureLibrary Of(string format, SystemLibrary library) => new(format, library.Name, library.Package, library.IsHere);
}

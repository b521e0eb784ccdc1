using System.CommandLine;
using System.Globalization;
using Sharpless.Data.Pictures;
using Sharpless.Pretrained;

namespace Sharpless.Cli.Commands;

/// <summary><c>--image-size</c>: the size of the images of a network that does not tell it.</summary>
internal static class PictureSizeOption
{
    private const int Fallback = 224;

    // Beyond it one image takes more memory than any network is made for.
    private const int Largest = 1 << 14;

    internal static Option<PictureSize?> Create() => new("--image-size")
    {
        Description = "Size of the images of a network by --onnx or --torchscript: rows and columns alike, or 48x320 "
            + $"for 48 rows and 320 columns [default: what the ONNX file says, else {Fallback}]; published checkpoints tell theirs.",
        HelpName = "n|HxW",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            int[] sizes = Array.ConvertAll(text.Split('x'),
                part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size : 0);
            if (sizes.Length <= 2 && sizes.All(size => size is >= 1 and <= Largest))
                return new PictureSize(sizes[0], sizes[^1]);
            result.AddError($"--image-size is '{text}'; expected a whole number from 1 to {Largest}, or two of them: "
                + "ROWSxCOLUMNS.");
            return null;
        },
    };

    /// <summary>The size that a network gets.</summary>
    /// <exception cref="UsageException">It takes another one than asked for.</exception>
    internal static PictureSize Of(IForeignNetwork network, PictureSize? asked, string file)
    {
        (int? height, int? width) = (network.ImageHeight, network.ImageWidth);
        if (asked is { } size && (size.Height != (height ?? size.Height) || size.Width != (width ?? size.Width)))
        {
            string takes = $"{height?.ToString(CultureInfo.InvariantCulture) ?? "any number of"} rows and "
                + $"{width?.ToString(CultureInfo.InvariantCulture) ?? "any number of"} columns";
            throw new UsageException($"--image-size is {size}, but '{file}' takes images of {takes}.",
                height is null || width is null ? "Take a size that fits." : "Leave it out.");
        }

        return asked ?? new PictureSize(height ?? width ?? Fallback, width ?? height ?? Fallback);
    }
}

using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Sharpless.Torch.Files;

namespace Sharpless.Pretrained;

/// <summary>Where a tensor of an ONNX file keeps its numbers: in a part of another file.</summary>
/// <param name="Tensor">Its name.</param>
/// <param name="Location">The other file, relative to the folder of the ONNX file.</param>
/// <param name="Offset">Where the numbers begin in it, in bytes.</param>
/// <param name="Length">How many bytes they take; 0 where the file does not say.</param>
internal sealed record OnnxExternalData(string Tensor, string Location, long Offset, long Length)
{
    // Numbers of fields of StringStringEntryProto.
    private const int Key = 1, Value = 2;

    /// <summary>Reads it from the entries of a tensor.</summary>
    /// <exception cref="InvalidDataException">An offset or a length is no number.</exception>
    internal static OnnxExternalData Read(string tensor, IEnumerable<ProtobufMessage> entries)
    {
        (string location, long offset, long length) = ("", 0, 0);
        foreach (ProtobufMessage entry in entries)
        {
            (string key, string value) = ("", "");
            foreach (ProtobufField field in entry.Fields())
            {
                if (field.IsMessage(Key)) key = field.Content.Text;
                else if (field.IsMessage(Value)) value = field.Content.Text;
            }

            if (key == "location") location = value;
            else if (key == "offset") offset = Number(value);
            else if (key == "length") length = Number(value);
        }

        return new OnnxExternalData(tensor, location, offset, length);

        long Number(string text) =>
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new InvalidDataException(
                $"The weights '{tensor}' are in another file at '{text}', which is no number of bytes.");
    }

    /// <summary>Refuses what is outside the folder of the ONNX file, absent or too short.</summary>
    /// <param name="parts">Of all its tensors.</param>
    /// <param name="folder">The folder.</param>
    /// <exception cref="InvalidDataException">Something is; the text says what.</exception>
    internal static void Require(IEnumerable<OnnxExternalData> parts, string folder)
    {
        foreach (IGrouping<string, OnnxExternalData> file in parts.GroupBy(part => part.Location))
        {
            OnnxExternalData first = file.First();
            long size = first.SizeOfFile(folder);
            if (file.FirstOrDefault(part => part.Offset > size || part.Length > size - part.Offset) is { } wrong)
            {
                throw new InvalidDataException(
                    $"The weights '{wrong.Tensor}' are said to be {wrong.Length} bytes of '{file.Key}' from byte "
                        + $"{wrong.Offset} on; it has {size}.");
            }
        }
    }

    private long SizeOfFile(string folder)
    {
        string path = Path.GetFullPath(Path.Combine(folder, Location)),
            root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Location.Length == 0 || Path.IsPathRooted(Location)
            || !path.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new InvalidDataException(
                $"The weights '{Tensor}' are said to be in '{Location}', outside the folder of the ONNX file; files "
                    + "elsewhere are not read.");
        }

        try
        {
            // As model hubs keep their downloads. ONNX Runtime follows no such link.
            if (File.ResolveLinkTarget(path, returnFinalTarget: true) is { } target
                && !target.FullName.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                throw new InvalidDataException(
                    $"The weights '{Tensor}' are in '{Location}', a link to '{target.FullName}', outside the folder "
                        + "of the ONNX file: copy that file here in place of the link.");
            }

            using SafeFileHandle file = InputFile.Open(path);
            return RandomAccess.GetLength(file);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException(
                $"The weights '{Tensor}' are in '{Location}', which is not in the folder of the ONNX file.", error);
        }
    }
}

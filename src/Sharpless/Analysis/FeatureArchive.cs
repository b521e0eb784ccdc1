using Sharpless.Torch.Files;

namespace Sharpless.Analysis;

/// <summary>Features of several taps in one npz file, one float32 array [N, P] for each, for other programs to go on from.</summary>
public static class FeatureArchive
{
    // At the end of a zip file is room for a text, which readers pass over. It tells our files from others.
    private const string Mark = "Features written by Sharpless";

    /// <summary>Writes features. The file appears whole or not at all; its folder is made if need be.</summary>
    /// <param name="path">The file.</param>
    /// <param name="taps">By name.</param>
    public static void Write(string path, IReadOnlyList<ArrayEntry> taps)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        NpzFile.Write(path, taps, comment: Mark);
    }

    /// <summary>Whether a file was written so.</summary>
    /// <param name="path">A file that is there.</param>
    public static bool Is(string path)
    {
        try
        {
            using FileStream file = InputFile.OpenRead(path);
            if (file.Length < Mark.Length) return false;
            var end = new byte[Mark.Length];
            file.Seek(-end.Length, SeekOrigin.End);
            file.ReadExactly(end);
            return System.Text.Encoding.ASCII.GetString(end) == Mark;
        }
        catch (InvalidDataException)
        {
            return false;                                                   // a folder, a pipe, a page: whatever it is, it was not written so
        }
    }
}

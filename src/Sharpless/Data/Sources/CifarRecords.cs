namespace Sharpless.Data.Sources;

/// <summary>The records of CIFAR's binary files: one or two label bytes, then the red, green and blue plane of a 32x32 picture.</summary>
internal static class CifarRecords
{
    /// <summary>Shape of every picture.</summary>
    public static ImageShape Shape { get; } = new(3, 32, 32);

    /// <summary>Makes a set of records.</summary>
    /// <param name="path">Where they come from, for messages.</param>
    /// <param name="files">Files of records; their examples follow each other.</param>
    /// <param name="labelBytes">Label bytes at the head of a record; the last of them is the class.</param>
    /// <param name="classes">K.</param>
    /// <param name="normalization">As for <see cref="ImageSet"/>.</param>
    /// <exception cref="UsageException">A file is no whole number of records, or a label is not one of the classes.</exception>
    public static ImageSet ToSet(string path, IReadOnlyList<byte[]> files, int labelBytes, int classes, Normalization? normalization = null)
    {
        int size = labelBytes + Shape.Size, example = 0;
        foreach (byte[] file in files)
            if (file.Length == 0 || file.Length % size != 0) throw Damaged(path, $"holds a file of {file.Length} bytes; expected a whole number of records of {size} bytes");
        var labels = new int[files.Sum(file => file.Length / size)];
        var planes = new byte[labels.Length * Shape.Size];
        foreach (byte[] file in files)
            for (int start = 0; start < file.Length; start += size, example++)
            {
                labels[example] = file[start + labelBytes - 1];
                if (labels[example] >= classes) throw Damaged(path, $"gives example {example} the label {labels[example]}; classes run from 0 to {classes - 1}");
                file.AsSpan(start + labelBytes, Shape.Size).CopyTo(planes.AsSpan(example * Shape.Size));
            }
        return new ImageSet(Shape, ImageSet.FromPlanes(planes, Shape), labels, classes, normalization);
    }

    /// <summary>A record with one label byte.</summary>
    /// <param name="label">From 0 to 255.</param>
    /// <param name="pixels">[32, 32, 3].</param>
    public static byte[] Record(int label, byte[] pixels)
    {
        var record = new byte[1 + Shape.Size];
        record[0] = checked((byte)label);
        int area = Shape.Height * Shape.Width;
        for (int i = 0; i < area; i++)
            for (int c = 0; c < Shape.Channels; c++) record[1 + c * area + i] = pixels[i * Shape.Channels + c];
        return record;
    }

    /// <summary>The refusal of what is not CIFAR's.</summary>
    public static UsageException Damaged(string path, string how, Exception? cause = null) =>
        new($"{path} {how}.", "It may be damaged or another file: compare it with the published one (sharpless data verify), or fetch it again.", cause);
}

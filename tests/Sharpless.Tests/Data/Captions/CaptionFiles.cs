using System.Text.Json;

namespace Sharpless.Tests.Data.Captions;

/// <summary>Folders of captioned pictures as small as can be: flat pictures and texts that tell which one they describe.</summary>
internal static class CaptionFiles
{
    /// <summary>A folder in the layout of COCO with a split of n pictures, of which picture i has 1 + i mod 3 captions <c>i.0</c>, <c>i.1</c>, ...</summary>
    public static void Write(TemporaryFolder folder, string split, int count, string pictures = "images")
    {
        for (int i = 0; i < count; i++) Sources.FlatPictures.Write(folder.File(pictures), Name(i), i % 4);
        Write(folder, $"annotations/captions_{split}.json", new
        {
            images = Enumerable.Range(0, count).Select(i => new { id = Id(i), file_name = Name(i), width = 64, height = 64 }),
            // Captions do not come in the order of the pictures.
            annotations = Enumerable.Range(0, count).Reverse().SelectMany(i => Captions(i).Select((caption, k) => new { id = 10 * i + k, image_id = Id(i), caption })),
        });
    }

    public static void Write(TemporaryFolder folder, string name, object content) => Write(folder, name, JsonSerializer.Serialize(content));

    public static void Write(TemporaryFolder folder, string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder.File(name))!);
        File.WriteAllText(folder.File(name), content);
    }

    public static string Name(int i) => $"picture_{i}.jpg";

    public static long Id(int i) => 1000 - i;

    public static string[] Captions(int i) => [.. Enumerable.Range(0, 1 + i % 3).Select(k => $"{i}.{k}")];
}

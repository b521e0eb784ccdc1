using System.Globalization;
using System.Text.Json;
using Sharpless.Torch.Files;

namespace Sharpless.Data.Captions;

/// <summary>Reads the JSON files of annotations, also as Python writes them (NaN for what is missing).</summary>
internal static class AnnotationFile
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Reads a file; members that <typeparamref name="T"/> does not have are passed over, those that it has must be there.</summary>
    /// <exception cref="InvalidDataException">Not JSON, or not of this form.</exception>
    public static T Read<T>(string path) where T : class
    {
        byte[] bytes = InputFile.ReadAllBytes(path);
        try
        {
            return JsonFile.Read<T>(bytes, path, Format);
        }
        catch (InvalidDataException) when (PythonJson.WithNulls(bytes) is { } plain)
        {
            return JsonFile.Read<T>(plain, path, Format);
        }
    }

    /// <summary>Tells of captions that are null: which pictures they belong to, once for each caption.</summary>
    public static void TellNulls(IReadOnlyList<string> pictures, string path, ICollection<string> passedOver)
    {
        if (pictures.Count == 0) return;
        passedOver.Add(string.Create(CultureInfo.InvariantCulture,
            $"{pictures.Count} {(pictures.Count == 1 ? "caption" : "captions")} in {path} that {(pictures.Count == 1 ? "is" : "are")} null, the first of the picture {pictures[0]}"));
    }

    /// <summary>A picture of a file, if it has captions and its name does not lead out of the folder of pictures.</summary>
    /// <exception cref="InvalidDataException">Otherwise.</exception>
    public static StoredCaptions Picture(string id, string name, IReadOnlyList<string> captions, string path)
    {
        if (name.Length == 0 || Path.IsPathRooted(name) || name.Split('/', '\\').Contains(".."))
            throw Wrong(path, $"the picture '{name}', which is no file inside the folder of pictures");
        return captions.Count > 0 ? new StoredCaptions(id, name, captions) : throw Wrong(path, $"no caption of the picture {id} ({name})");
    }

    /// <summary>The error of a file whose content makes no sense.</summary>
    public static InvalidDataException Wrong(string path, string found) => new($"\"{path}\" holds {found}.");
}

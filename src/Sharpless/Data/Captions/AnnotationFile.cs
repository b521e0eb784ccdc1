using System.Text.Json;

namespace Sharpless.Data.Captions;

/// <summary>Reads the JSON files of annotations, which may hold hundreds of megabytes, without keeping their text.</summary>
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
        using FileStream stream = File.OpenRead(path);
        try
        {
            return JsonSerializer.Deserialize<T>(stream, Format) ?? throw Wrong(path, "null instead of an object");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"\"{path}\", line {error.LineNumber + 1}: not valid JSON, or not of the expected form at {error.Path}.", error);
        }
    }

    /// <summary>A picture of a file, if it has captions and its name does not lead out of the folder of pictures.</summary>
    /// <exception cref="InvalidDataException">Otherwise.</exception>
    public static StoredCaptions Picture(long id, string name, IReadOnlyList<string> captions, string path)
    {
        if (name.Length == 0 || Path.IsPathRooted(name) || name.Split('/', '\\').Contains(".."))
            throw Wrong(path, $"the picture '{name}', which is no file inside the folder of pictures");
        return captions.Count > 0 ? new StoredCaptions(id, name, captions) : throw Wrong(path, $"no caption of the picture {id} ({name})");
    }

    /// <summary>The error of a file whose content makes no sense.</summary>
    public static InvalidDataException Wrong(string path, string found) => new($"\"{path}\" holds {found}.");
}

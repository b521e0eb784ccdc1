using System.Text;
using System.Text.Json;

namespace Sharpless.Torch.Files;

/// <summary>Reads JSON from files. What is wrong with the text is told with the file, the byte and the line.</summary>
public static class JsonFile
{
    /// <summary>Reads a file and checks all of its text, so that no member can fail later on.</summary>
    /// <param name="path">A file in UTF-8, with or without byte order mark.</param>
    /// <param name="requiresUniqueNames">Whether an object may not name a member twice.</param>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="InvalidDataException">No JSON, or no UTF-8.</exception>
    public static JsonDocument Parse(string path, bool requiresUniqueNames = false) => Parse(InputFile.ReadAllBytes(path), path, requiresUniqueNames);

    /// <summary>Reads the bytes of a file and checks all of its text.</summary>
    /// <param name="bytes">Not to be changed as long as the document is used.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="requiresUniqueNames">Whether an object may not name a member twice.</param>
    /// <exception cref="InvalidDataException">No JSON, or no UTF-8.</exception>
    public static JsonDocument Parse(byte[] bytes, string path, bool requiresUniqueNames = false)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        if (Problem(bytes, path) is { } problem) throw problem;
        try
        {
            return JsonDocument.Parse(bytes.AsMemory(bytes.Length - Utf8Text.WithoutMark(bytes).Length), new JsonDocumentOptions { AllowDuplicateProperties = !requiresUniqueNames });
        }
        catch (JsonException twice)
        {
            throw new FilePlace(path).Refusal($"JSON that names a member twice ({Reason(twice)})", "each name once in an object", "Write the file again.", twice);
        }
    }

    /// <summary>Reads a file as an object.</summary>
    /// <param name="path">A file in UTF-8, with or without byte order mark.</param>
    /// <param name="options">How members become properties.</param>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="InvalidDataException">No JSON, no UTF-8, null, or a member of another form; the message names it.</exception>
    public static T Read<T>(string path, JsonSerializerOptions? options = null) where T : class => Read<T>(InputFile.ReadAllBytes(path), path, options);

    /// <summary>Reads the bytes of a file as an object.</summary>
    /// <inheritdoc cref="Read{T}(string, JsonSerializerOptions)"/>
    /// <param name="bytes">The file.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="options">How members become properties.</param>
    public static T Read<T>(byte[] bytes, string path, JsonSerializerOptions? options = null) where T : class
    {
        ArgumentNullException.ThrowIfNull(bytes);
        try
        {
            return JsonSerializer.Deserialize<T>(Utf8Text.WithoutMark(bytes), options) ?? throw new JsonException("It holds null.", "$", null, null);
        }
        // The serializer has several ways to say that a text is not UTF-8.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or DecoderFallbackException)
        {
            if (Problem(bytes, path) is { } problem) throw problem;
            if (exception is not JsonException form) throw;
            throw new FilePlace(path).Refusal($"JSON that is not of the expected form at {form.Path} ({Reason(form)})", "the members that such a file has", "Check that it is the file you mean.", form);
        }
    }

    /// <summary>Where a text stops being JSON in UTF-8, and what is wrong there; null where nothing is.</summary>
    internal static (int Place, string What)? Fault(ReadOnlySpan<byte> text)
    {
        if (Utf8Text.FirstWrong(text) is int wrong) return (wrong, $"not valid JSON (the byte {text[wrong]:X2} is not UTF-8)");
        var reader = new Utf8JsonReader(text);
        try
        {
            while (reader.Read())
                // An escape that is half a character (\ud800) is found only when it is unescaped.
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped) _ = reader.GetString();
            return null;
        }
        catch (JsonException exception)
        {
            return (Math.Min(text.Length, Place(text, exception)), $"not valid JSON ({Reason(exception)})");
        }
        catch (InvalidOperationException)
        {
            return ((int)reader.TokenStartIndex, "not valid JSON (an escape in this string is half a character)");
        }
    }

    private static InvalidDataException? Problem(ReadOnlySpan<byte> bytes, string path)
    {
        var file = new FilePlace(path);
        ReadOnlySpan<byte> text = Utf8Text.WithoutMark(bytes);
        if (Fault(text) is not { } fault) return null;
        if (ForeignContent.Refusal(bytes[..Math.Min(bytes.Length, ForeignContent.Length)], file, "JSON") is { } refusal) return refusal;
        int place = bytes.Length - text.Length + fault.Place;
        bool isNoNumber = bytes[place..].StartsWith("NaN"u8) || bytes[place..].StartsWith("Infinity"u8);
        return file.Error(place, $"line {1 + bytes[..place].Count((byte)'\n')}: {fault.What}", "JSON in UTF-8",
            isNoNumber ? "JSON knows no NaN and no Infinity: write null in its place." : "The file is damaged, cut off or no JSON: write it or fetch it again.");
    }

    // The reader counts from the line's beginning.
    private static int Place(ReadOnlySpan<byte> text, JsonException exception)
    {
        int place = 0;
        for (long line = 0; line < exception.LineNumber; line++)
            if (text[place..].IndexOf((byte)'\n') is >= 0 and int length) place += length + 1;
        return place + (int)(exception.BytePositionInLine ?? 0);
    }

    // .NET appends where it was, in its own words, and may quote what it found.
    private static string Reason(JsonException exception)
    {
        string message = exception.Message;
        foreach (string ending in (string[])[" Path: ", " LineNumber: "])
            if (message.IndexOf(ending, StringComparison.Ordinal) is > 0 and int end) message = message[..end];
        return FilePlace.Quote(message.TrimEnd('.'))[1..^1];
    }
}

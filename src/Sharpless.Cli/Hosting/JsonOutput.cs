using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sharpless.Cli.Hosting;

/// <summary>The one JSON document that <c>--json</c> prints.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new NumberOrNull() },
        WriteIndented = true,
    };

    /// <summary>A value as it stands in such a document.</summary>
    internal static JsonElement Element(object? value) => JsonSerializer.SerializeToElement(value, Options);

    internal static void Write<T>(T document, TextWriter output) => output.WriteLine(JsonSerializer.Serialize(document, Options));
}

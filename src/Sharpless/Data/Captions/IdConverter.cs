using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sharpless.Data.Captions;

/// <summary>Ids of pictures as programs write them: whole numbers, also as 3.0 (pandas does so), or texts. A number and its text are one id.</summary>
internal sealed class IdConverter : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString()!,
        JsonTokenType.Number when reader.TryGetDecimal(out decimal number) && decimal.IsInteger(number) => number.ToString("0", CultureInfo.InvariantCulture),
        JsonTokenType.Number => throw new JsonException("An id is a whole number or a text, and this is a fraction or beyond 28 digits"),
        _ => throw new JsonException($"An id is a whole number or a text, and this is a JSON {reader.TokenType}"),
    };

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sharpless;

/// <summary>Numbers in JSON documents. One that is not finite does not exist there: it is written as null, and null is read as NaN.</summary>
/// <remarks>The texts <c>"NaN"</c>, <c>"Infinity"</c> and <c>"-Infinity"</c> of earlier versions are read too.</remarks>
public sealed class NumberOrNull : JsonConverterFactory
{
    /// <inheritdoc/>
    public override bool CanConvert(Type typeToConvert) => typeToConvert == typeof(double) || typeToConvert == typeof(float);

    /// <inheritdoc/>
    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) => typeToConvert == typeof(double) ? new OfDouble() : new OfSingle();

    /// <summary>The number that a value of a JSON document stands for; null where it is none.</summary>
    internal static double? Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.Null => double.NaN,
        JsonValueKind.String => OfText(value.GetString()!),
        _ => null,
    };

    private static double? OfText(string text) => text is "NaN" or "Infinity" or "-Infinity" ? double.Parse(text, CultureInfo.InvariantCulture) : null;

    private static double Read(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number => reader.GetDouble(),
        JsonTokenType.Null => double.NaN,
        JsonTokenType.String when OfText(reader.GetString()!) is { } number => number,
        _ => throw new JsonException($"Expected a number, found {reader.TokenType}."),
    };

    private sealed class OfDouble : JsonConverter<double>
    {
        public override bool HandleNull => true;

        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => NumberOrNull.Read(ref reader);

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value)) writer.WriteNumberValue(value);
            else writer.WriteNullValue();
        }
    }

    private sealed class OfSingle : JsonConverter<float>
    {
        public override bool HandleNull => true;

        public override float Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => (float)NumberOrNull.Read(ref reader);

        public override void Write(Utf8JsonWriter writer, float value, JsonSerializerOptions options)
        {
            if (float.IsFinite(value)) writer.WriteNumberValue(value);
            else writer.WriteNullValue();
        }
    }
}

using System.Text.Json;
using Sharpless.Torch.Files;

namespace Sharpless.Torch.Tests.Files;

public class JsonFileTests
{
    private sealed record Named(string Name, int Count);

    [Theory]
    [InlineData("{\"Name\":\"a\\xffb\"}", 10, 1, "the byte FF is not UTF-8")]
    [InlineData("{\n \"Name\":\"\\xc3(\"}", 11, 2, "the byte C3 is not UTF-8")]
    [InlineData("{\n\n \"Name\":\"\\ud800\"}", 11, 3, "half a character")]
    [InlineData("{\"\\udc00\":1}", 1, 1, "half a character")]
    [InlineData("{\n\"Count\":NaN}", 10, 2, "JSON knows no NaN")]
    [InlineData("{\n\"Count\":-Infinity}", 11, 2, "JSON knows no NaN")]
    [InlineData("{\"Name\":", 8, 1, "not valid JSON")]
    [InlineData("{\"Name\":1,}", 10, 1, "not valid JSON")]
    [InlineData("[1] 2", 4, 1, "not valid JSON")]
    [InlineData("GIF89a", 0, 0, "a GIF picture; expected JSON")]
    [InlineData("", 0, 0, "an empty file; expected JSON")]
    public void What_is_wrong_is_told_with_byte_and_line_by_either_way_of_reading(string text, int place, int line, string expected)
    {
        // Escapes of bytes, so that the text can hold what is no UTF-8.
        byte[] bytes = [.. text.Replace("\\xff", "\u00ff", StringComparison.Ordinal).Replace("\\xc3", "\u00c3", StringComparison.Ordinal).Select(c => (byte)c)];
        foreach (Action read in (Action[])[() => JsonFile.Parse(bytes, "a.json").Dispose(), () => JsonFile.Read<Named>(bytes, "a.json")])
        {
            string message = Assert.Throws<InvalidDataException>(read).Message;
            Assert.StartsWith($"a.json, byte {place}: {(line > 0 ? $"line {line}: " : "")}", message, StringComparison.Ordinal);
            Assert.Contains(expected, message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }

    [Fact]
    public void A_byte_order_mark_is_read_over_and_places_count_it()
    {
        using JsonDocument document = JsonFile.Parse([.. "\uFEFF{\"a\":1}"u8], "a.json");
        Assert.Equal(1, document.RootElement.GetProperty("a").GetInt32());
        Assert.Equal(new Named("n", 2), JsonFile.Read<Named>([.. "\uFEFF{\"Name\":\"n\",\"Count\":2}"u8], "a.json"));
        Assert.Contains("byte 4: line 1", Assert.Throws<InvalidDataException>(() => JsonFile.Parse([.. "\uFEFF{x"u8], "a.json")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"Name":"n","Count":"two"}""", "at $.Count")]
    [InlineData("""{"Name":5}""", "at $.Name")]
    [InlineData("null", "It holds null")]
    public void A_member_of_another_form_is_named(string text, string expected)
    {
        string message = Assert.Throws<InvalidDataException>(() => JsonFile.Read<Named>([.. text.Select(c => (byte)c)], "a.json")).Message;
        Assert.StartsWith("a.json: JSON that is not of the expected form", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }
}

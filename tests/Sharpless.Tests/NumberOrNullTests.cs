using System.Text.Json;
using Sharpless.Tests.Conventions;
using Sharpless.Training;

namespace Sharpless.Tests;

/// <summary>Numbers that do not exist are null in JSON, and readers take them for NaN.</summary>
public class NumberOrNullTests
{
    private static readonly JsonSerializerOptions Json = new() { Converters = { new NumberOrNull() } };

    [Fact]
    public void Numbers_that_are_not_finite_are_null_wherever_they_stand()
    {
        var document = new Dictionary<string, object?>
        {
            ["a"] = double.NaN, ["b"] = new[] { 1.5, double.PositiveInfinity }, ["c"] = new Dictionary<string, double> { ["d"] = double.NegativeInfinity }, ["e"] = (double?)double.NaN,
            ["f"] = float.NaN, ["g"] = new { H = double.NaN, I = 0.1f },
        };
        Assert.Equal("""{"a":null,"b":[1.5,null],"c":{"d":null},"e":null,"f":null,"g":{"H":null,"I":0.1}}""", JsonSerializer.Serialize(document, Json));
    }

    [Theory]
    [InlineData("null", double.NaN), InlineData("\"NaN\"", double.NaN), InlineData("\"-Infinity\"", double.NegativeInfinity), InlineData("0.25", 0.25)]
    public void Null_and_the_texts_of_earlier_versions_are_read(string json, double expected) => Assert.Equal(expected, JsonSerializer.Deserialize<double>(json, Json));

    [Theory, InlineData("\"1.5\""), InlineData("true"), InlineData("[]")]
    public void What_is_no_number_is_refused(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<double>(json, Json));

    [Theory, InlineData("null"), InlineData("\"NaN\"")]
    public void A_result_with_numbers_that_do_not_exist_is_read(string number)
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, $$"""{"epochs":1,"steps":6,"final":{"train_loss":{{number}},"test_loss":0.5,"feature_rank":{"block1":{{number}}},"skipped_steps":2} }""");
        RecordedResult result = RecordedResult.Load(path);
        Assert.Equal((double.NaN, 0.5, double.NaN), (result.Final["train_loss"], result.Final["test_loss"], result.Final["feature_rank.block1"]));
        Assert.Equal("The training diverged: at its end the train loss is not finite. 2 of 6 steps were skipped, because a gradient was not finite.", result.Divergence);
        File.Delete(path);
    }

    [Fact]
    public void Every_writer_of_json_writes_numbers_so()
    {
        foreach ((string path, string code) in new[] { "src/Sharpless", "src/Sharpless.Cli", "src/Sharpless.Torch" }.SelectMany(SourceTree.Files))
        {
            Assert.DoesNotContain("AllowNamedFloatingPointLiterals", code, StringComparison.Ordinal);
            bool writes = code.Contains("JsonSerializer.Serialize", StringComparison.Ordinal);
            if (writes && code.Contains("JsonSerializerOptions ", StringComparison.Ordinal)) Assert.True(code.Contains("new NumberOrNull()", StringComparison.Ordinal), $"{path} writes JSON with options of its own.");
        }
    }
}

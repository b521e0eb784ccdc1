using System.Text.Json;

namespace Sharpless.Cli.Tests.Commands;

public sealed class DoctorAndDemoCommandTests
{
    [Fact]
    public void Doctor_tells_what_was_found_as_one_json_document()
    {
        (int code, string output, string errors) = TinyRun.Invoke("doctor", "--json");
        Assert.Equal((0, ""), (code, errors));
        List<JsonElement> findings = [.. JsonDocument.Parse(output).RootElement.GetProperty("findings").EnumerateArray()];
        Assert.All(findings, item => Assert.Equal(["name", "ok", "found", "remedy"], item.EnumerateObject().Select(property => property.Name)));
        IEnumerable<string> names = findings.Select(item => item.GetProperty("name").GetString()!);
        Assert.Superset(new HashSet<string> { "sharpless", "libtorch", "processor", "threads", "instruction sets", "bfloat16", "convolutions", "kernels", "CUDA devices", "pictures", "data: fashion_mnist", "data: mnist" }, names.ToHashSet());
        Assert.StartsWith("SkiaSharp 4.155.0 (Skia ", findings.Single(item => item.GetProperty("name").GetString() == "pictures").GetProperty("found").GetString(), StringComparison.Ordinal);
        // What is missing comes with the command that mends it.
        Assert.All(findings.Where(item => !item.GetProperty("ok").GetBoolean()), item => Assert.NotEqual("", item.GetProperty("remedy").GetString()));
    }

    [Fact]
    public void Demo_explains_itself_without_running()
    {
        (int code, string output, string errors) = TinyRun.Invoke("demo", "--help");
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("Example: sharpless demo", output, StringComparison.Ordinal);
        Assert.Contains("--out", output, StringComparison.Ordinal);
        Assert.DoesNotContain("report:", output, StringComparison.Ordinal);
    }
}

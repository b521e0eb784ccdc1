using System.Text.Json;
using Sharpless.Experiments.TwoLayer;

namespace Sharpless.Tests.Experiments.TwoLayer;

/// <summary>Students that PyTorch trained by automatic differentiation in float64: <c>tests/golden/two-layer</c>.</summary>
internal static class AutogradReference
{
    internal static readonly JsonElement Expected = JsonDocument.Parse(File.ReadAllText(GoldenFiles.PathOf("two-layer", "expected.json"))).RootElement;

    internal static TeacherTask Task { get; } = new(Floats(Expected, "inputs"), Floats(Expected, "labels"), Floats(Expected, "inputs"), Floats(Expected, "labels"));

    internal static byte[] Order { get; } = [.. Floats(Expected, "order").Select(point => (byte)point)];

    internal static TwoLayerWeights Start(double scale) => new(
        Scaled("hidden", scale), Scaled("hidden_bias", scale), Scaled("output", scale), (float)scale * Expected.GetProperty("output_bias").GetSingle());

    internal static float[] Floats(JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(item => item.GetSingle())];

    internal static double[] Doubles(JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(item => item.GetDouble())];

    private static float[] Scaled(string name, double scale) => [.. Floats(Expected, name).Select(value => (float)scale * value)];
}

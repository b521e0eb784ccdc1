using System.Globalization;
using System.Text.Json;

namespace Sharpless.Training;

/// <summary>What <c>config.json</c> of a run says, as text: enough to show, compare and repeat the run.</summary>
public sealed record RecordedConfiguration
{
    private const int KnownFormat = 1;

    /// <summary>Version of Sharpless that wrote the run.</summary>
    public required string Version { get; init; }

    /// <summary>Command that wrote the run, such as <c>train</c>.</summary>
    public required string Command { get; init; }

    /// <summary>Every option with its resolved value, in the order of the file. Names as on the command line, without the dashes.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>Machine and software: libtorch, device, threads, precision, commit, ...</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The data set: name, number of examples and classes, shape.</summary>
    public required IReadOnlyDictionary<string, string> Data { get; init; }

    /// <summary>Number of trainable parameters, or null where it was not recorded.</summary>
    public long? Parameters { get; init; }

    /// <summary>Names of the taps of the model from input to output.</summary>
    public required IReadOnlyList<string> Taps { get; init; }

    /// <summary>Value of a numeric option, or null where the option is absent or no number.</summary>
    /// <param name="option">Name without the dashes.</param>
    public double? Number(string option) =>
        Options.TryGetValue(option, out string? text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;

    /// <summary>Reads <c>config.json</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">No JSON object, a newer format, or members of another kind than expected.</exception>
    public static RecordedConfiguration Load(string path)
    {
        JsonElement root = RunJson.Load(path);
        if (RunJson.Number(root, "format", path) is not KnownFormat)
            throw new InvalidDataException($"\"{path}\": \"format\" must be {KnownFormat}. Another version of Sharpless wrote this run; read it with that one.");
        JsonElement model = RunJson.TryGet(root, "model", out JsonElement found) ? found : JsonDocument.Parse("{}").RootElement;
        if (model.ValueKind != JsonValueKind.Object) throw RunJson.Wrong(path, "model", "an object", model);
        return new RecordedConfiguration
        {
            Version = RunJson.TryGet(root, "sharpless", out JsonElement version) ? RunJson.Text(version) : "",
            Command = RunJson.TryGet(root, "command", out JsonElement command) ? RunJson.Text(command) : "",
            Options = RunJson.Texts(root, "options", path),
            Environment = RunJson.Texts(root, "environment", path),
            Data = RunJson.Texts(root, "data", path),
            Parameters = (long?)RunJson.Number(model, "parameters", path),
            Taps = NamesOfTaps(model, path),
        };
    }

    private static string[] NamesOfTaps(JsonElement model, string path)
    {
        if (!RunJson.TryGet(model, "taps", out JsonElement taps)) return [];
        if (taps.ValueKind != JsonValueKind.Array) throw RunJson.Wrong(path, "model.taps", "a list of names", taps);
        return [.. taps.EnumerateArray().Select(RunJson.Text)];
    }
}

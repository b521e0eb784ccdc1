using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Sharpless.Training;

/// <summary><c>config.json</c> of a run: all that is needed to run it again, and where it ran.</summary>
internal static class RunConfiguration
{
    private const int Format = 1;

    internal static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    internal static string Write(string command, object options, IReadOnlyDictionary<string, object> environment, object model, object data) =>
        JsonSerializer.Serialize(
            new Dictionary<string, object>
            {
                ["format"] = Format,
                ["sharpless"] = BuildVersion.Version,
                ["command"] = command,
                ["options"] = options,
                ["environment"] = environment,
                ["model"] = model,
                ["data"] = data,
            },
            Json) + "\n";

    /// <summary>What differs between the run in a folder and another configuration: one text for each option, or the command where that is another.</summary>
    /// <exception cref="InvalidDataException">The file is no configuration of a run.</exception>
    internal static IReadOnlyList<string> Differences(string path, string command, object options)
    {
        JsonNode root = JsonNode.Parse(RunJson.Load(path).GetRawText())!;
        string commandThere = root["command"]?.ToString() ?? "train";
        if (commandThere != command) return [$"it is one of `{commandThere}`"];
        JsonObject there = AsNow(Options(root, path), options.GetType());
        JsonObject here = JsonSerializer.SerializeToNode(options, Json)!.AsObject();
        // An earlier version did not have every option; what it did is the default.
        JsonObject defaults = JsonSerializer.SerializeToNode(Activator.CreateInstance(options.GetType()), options.GetType(), Json)!.AsObject();
        return [.. here.Select(item => item.Key).Union(there.Select(item => item.Key))
            .Where(name => !JsonNode.DeepEquals(here[name], Value(name)))
            .Select(name => $"--{name} is {Value(name)?.ToJsonString() ?? "not set"} there, {here[name]?.ToJsonString() ?? "not set"} here")];

        JsonNode? Value(string name) => there.ContainsKey(name) ? there[name] : defaults[name];
    }

    /// <summary>The options of the run in a folder.</summary>
    /// <exception cref="InvalidDataException">The file is no configuration of a training run, or holds an option that this version does not know.</exception>
    internal static TrainOptions Read(string path)
    {
        try
        {
            return Options(JsonNode.Parse(RunJson.Load(path).GetRawText())!, path).Deserialize<TrainOptions>(Json)!;
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"\"{path}\": {error.Message}", error);
        }
    }

    // What an earlier version wrote in another way is compared by what it means.
    private static JsonObject AsNow(JsonObject options, Type type)
    {
        try
        {
            return JsonSerializer.SerializeToNode(options.Deserialize(type, Json), type, Json)!.AsObject();
        }
        catch (JsonException)
        {
            return options;                                                      // an option that this version does not know
        }
    }

    private static JsonObject Options(JsonNode root, string path) => root["options"] as JsonObject
        ?? throw new InvalidDataException($"\"{path}\" has no object \"options\", so it is not the configuration of a run.");
}

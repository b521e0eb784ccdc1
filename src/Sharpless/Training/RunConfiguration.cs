using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Sharpless.Data;
using Sharpless.Torch;

namespace Sharpless.Training;

/// <summary><c>config.json</c> of a run: all that is needed to run it again, and where it ran.</summary>
internal static class RunConfiguration
{
    private const int Format = 1;

    private const string GivenName = "given", DataFolderName = "data-folder";

    internal static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower), new NumberOrNull() },
    };

    /// <summary>The content of the file.</summary>
    internal static string Write(RunIdentity run, TrainPlace place, object model, object data) =>
        JsonSerializer.Serialize(
            new Dictionary<string, object>
            {
                ["format"] = Format,
                ["sharpless"] = BuildVersion.Version,
                ["command"] = run.Command,
                ["options"] = run.Options,
                ["environment"] = place.Environment(),
                ["model"] = model,
                ["data"] = data,
                [DataFolderName] = DataFolder.Resolve(place.DataFolder),
                [GivenName] = run.Given,
            },
            Json) + "\n";

    /// <summary>Where a run's data sets are.</summary>
    /// <param name="path">The file.</param>
    /// <param name="given">The folder that the user names now; null for none.</param>
    /// <returns>That; else the folder that the run found them in, if it is still there; else the default.</returns>
    internal static string DataFolderOf(string path, string? given)
    {
        string? then = RunJson.TryGet(RunJson.Load(path), DataFolderName, out JsonElement found) && found.ValueKind == JsonValueKind.String ? found.GetString() : null;
        return DataFolder.Resolve(given ?? (Directory.Exists(then) ? then : null));
    }

    /// <summary>Hashes of what the run was given (<see cref="RunIdentity.Given"/>); empty where an earlier version wrote the file.</summary>
    /// <exception cref="InvalidDataException">The file is no configuration of a run.</exception>
    internal static IReadOnlyDictionary<string, string> Given(string path) => RunJson.Texts(RunJson.Load(path), GivenName, path);

    /// <summary>What differs between the run in a folder and another configuration: one text for each option, or the command where that is another.</summary>
    /// <exception cref="InvalidDataException">The file is no configuration of a run.</exception>
    internal static IReadOnlyList<string> Differences(string path, string command, object options)
    {
        JsonElement file = RunJson.Load(path);
        if (RunJson.Number(file, "format", path) is not Format) throw new InvalidDataException($"\"{path}\": \"format\" must be {Format}. Another version of Sharpless wrote this run; go on with that one.");
        JsonNode root = JsonNode.Parse(file.GetRawText())!;
        string commandThere = root["command"]?.ToString() ?? "train";
        if (commandThere != command) return [$"it is one of `{commandThere}`"];
        IReadOnlyList<string> differences = Differences(Options(root, path), options);
        string? libtorch = root["environment"]?["libtorch"]?.ToString();
        return libtorch is null || Minor(libtorch) == Minor(Runtime.LibtorchVersion)
            ? differences
            : [$"libtorch is {libtorch} there, {Runtime.LibtorchVersion} here, and the two do not round alike", .. differences];

        static string Minor(string version) => string.Join('.', version.Split('.').Take(2));
    }

    /// <summary>What differs between two configurations of one command.</summary>
    /// <param name="stored">Options of a run, as they are stored.</param>
    /// <param name="options">Options that were given.</param>
    internal static IReadOnlyList<string> Differences(JsonObject stored, object options)
    {
        JsonObject there = AsNow(stored, options.GetType());
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

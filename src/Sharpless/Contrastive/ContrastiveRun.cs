using System.Text.Json;
using Sharpless.Data;
using Sharpless.Data.Captions;
using Sharpless.Pretrained;
using Sharpless.Text;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Contrastive;

/// <summary>A finished image-text run, opened again to look at its encoders. It needs neither the published models nor the training captions.</summary>
public sealed class ContrastiveRun : IDisposable
{
    private const string FormName = "form", LowerCasesName = "lower_cases";

    private readonly string _folder;
    private readonly WeightSpace _weights;

    private ContrastiveRun(string folder, ContrastiveOptions options, ContrastiveModel model, WeightSpace weights, PairEmbedder embedder) =>
        (_folder, Options, Model, _weights, Embedder) = (folder, options, model, weights, embedder);

    /// <summary>The options of the run.</summary>
    public ContrastiveOptions Options { get; }

    /// <summary>The encoders and heads.</summary>
    public ContrastiveModel Model { get; }

    internal PairEmbedder Embedder { get; }

    /// <summary>Opens a run.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="precision">Type of the point; null for that of the run.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="cancel">Stops whatever looks at the run, at its next batch.</param>
    /// <exception cref="UsageException">The folder holds no finished run, or one of another command.</exception>
    /// <exception cref="InvalidDataException">A file of the run is damaged, or of another version.</exception>
    public static ContrastiveRun Open(string folder, Precision? precision, Device device, CancellationToken cancel = default)
    {
        string weightFile = RunFolder.FinishedWeights(folder), configuration = Path.Combine(folder, "config.json");
        JsonElement root = RunJson.Load(configuration);
        if (!RunJson.TryGet(root, "command", out JsonElement command) || command.ToString() != ContrastiveTrainer.CommandName)
        {
            throw new UsageException($"'{folder}' holds a run of `{(command.ValueKind == JsonValueKind.String ? command.ToString() : "train")}`.", "Name a folder that `sharpless contrast --out` filled.");
        }

        ContrastiveOptions options = Member<ContrastiveOptions>(root, "options", configuration);
        if (!RunJson.TryGet(root, "model", out JsonElement facts) || facts.ValueKind != JsonValueKind.Object) throw RunJson.Wrong(configuration, "model", "an object", facts);
        ContrastiveForm form = Member<ContrastiveForm>(facts, FormName, configuration);
        if (form.Text.Problems().FirstOrDefault() is { } problem) throw new InvalidDataException($"\"{configuration}\": {problem}");

        using var scope = NewDisposeScope();
        var tokens = new CaptionTokens(Vocabulary.Load(VocabularyOf(folder)), Member<bool>(facts, LowerCasesName, configuration))
        {
            Length = options.TextLength, PrintsBytes = options.Repeats(PublishedQuirk.ByteCaptions),
        };
        IReadOnlyDictionary<string, Tensor> stored = WeightFile.Read(weightFile);
        using var outside = new Outside();                       // the run owns them
        ImageEncoder image = ImageEncoder.Create(form.Image);
        using (var generator = Generator.Seeded(0)) image.Initialize(generator);    // gives it memory, which the file then fills
        var model = new ContrastiveModel(form, image, new BertEncoder(form.Text));
        ModuleState.Load(model, stored);
        var weights = new WeightSpace(model, precision ?? options.Precision, device);
        return new ContrastiveRun(folder, options, model, weights, new PairEmbedder(model, tokens, weights.Precision, device, cancel));
    }

    /// <summary>Pictures and captions of a split, as the run reads them.</summary>
    /// <param name="data">Folder or name of the captioned pictures; null for those of the run.</param>
    /// <param name="split">The split.</param>
    /// <param name="dataFolder">Where data sets are; null for where the run found them.</param>
    public CaptionReader Read(string? data, string split, string? dataFolder) =>
        new(CaptionFolder.Open(PublishedFiles.Captions(data ?? Options.Data, TrainedRun.DataFolderOf(_folder, dataFolder))).Read(split), Model.Form.Image.ImageSize);

    /// <inheritdoc/>
    public void Dispose()
    {
        _weights.Dispose();
        Model.Dispose();
    }

    internal static string VocabularyOf(string folder) => Path.Combine(folder, "vocab.txt");

    /// <summary>What <c>config.json</c> says of a model.</summary>
    internal static object Facts(ContrastiveModel model, CaptionTokens tokens, long parameters) =>
        new Dictionary<string, object> { ["parameters"] = parameters, ["taps"] = model.Taps, [FormName] = model.Form, [LowerCasesName] = tokens.LowerCases };

    private static T Member<T>(JsonElement parent, string name, string path)
    {
        if (!RunJson.TryGet(parent, name, out JsonElement member)) throw RunJson.Wrong(path, name, "there", member);
        try
        {
            return member.Deserialize<T>(RunConfiguration.Json)!;
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"\"{path}\", \"{name}\": {error.Message}", error);
        }
    }
}

using Sharpless.Data;
using Sharpless.Data.Captions;
using Sharpless.Pretrained;
using Sharpless.Text;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Contrastive;

/// <summary>What a training starts from: pictures, tokens and the model with its first weights. All that can be refused is refused here.</summary>
internal sealed class ContrastiveParts
{
    private ContrastiveParts(CaptionSet train, CaptionSet test, CaptionTokens tokens, ContrastiveModel model, IReadOnlyList<string> passedOver) =>
        (Train, Test, Tokens, Model, PassedOver) = (train, test, tokens, model, passedOver);

    internal CaptionSet Train { get; }

    internal CaptionSet Test { get; }

    internal CaptionTokens Tokens { get; }

    internal ContrastiveModel Model { get; }

    /// <summary>Tensors in the files of published encoders that are no part of them, behind <c>image.</c> or <c>text.</c></summary>
    internal IReadOnlyList<string> PassedOver { get; }

    /// <exception cref="UsageException">Data or models are not there, or are too few for a batch.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or belongs to another model.</exception>
    internal static ContrastiveParts Load(ContrastiveOptions options, string dataFolder)
    {
        CaptionFolder folder = CaptionFolder.Open(PublishedFiles.Captions(options.Data, dataFolder));
        CaptionSet train = folder.Read(options.TrainSplit), test = folder.Read(options.TestSplit);
        foreach (CaptionSet set in new[] { train, test })
        {
            if (set.Count < options.BatchSize) throw new UsageException($"One batch takes {options.BatchSize} pairs, but the split {set.Name} has only {set.Count}.", "Use a smaller --bs.");
        }

        (ImageEncoder image, IReadOnlyList<string> passedOverImage) = Image(options, dataFolder);
        (BertEncoder text, CaptionTokens tokens, IReadOnlyList<string> passedOverText) = Text(options, dataFolder, train);
        var model = new ContrastiveModel(options.FormOf(image.Form, text.Form), image, text);
        // Of the seed alone, whatever the encoders are.
        using (var generator = Generator.Seeded(options.Seed)) model.InitializeHeads(generator);
        if (options.InitialWeights.Length > 0)
        {
            string path = Directory.Exists(options.InitialWeights) ? RunFolder.FinishedWeights(options.InitialWeights) : options.InitialWeights;
            using var scope = NewDisposeScope();
            IReadOnlyDictionary<string, Tensor> values = WeightFile.Read(path);
            var naming = new StateNaming(path, values.Keys, ModuleState.Of(model).Select(item => item.Name));
            naming.Load(model, naming.InModel(values));
        }

        return new ContrastiveParts(
            train, test, tokens, model,
            [.. passedOverImage.Select(name => ContrastiveModel.ImagePrefix + name), .. passedOverText.Select(name => ContrastiveModel.TextPrefix + name)]);
    }

    /// <summary>Hashes of what the run is given: pictures and captions, and the weights where they are not drawn.</summary>
    internal IReadOnlyDictionary<string, string> Given(ContrastiveOptions options)
    {
        var hash = new ContentHash();
        foreach (CaptionSet set in new[] { Train, Test }) set.AddTo(hash);
        hash.Add(Tokens.Vocabulary.ToString()).Add($"{Tokens.LowerCases}");
        var given = new SortedDictionary<string, string>(StringComparer.Ordinal) { [RunIdentity.Data] = hash.Text };
        bool isDrawn = options is { ImageModel: ContrastiveOptions.Random, TextModel: ContrastiveOptions.Random, InitialWeights: "" };
        if (!isDrawn) given[RunIdentity.InitialWeights] = SealedFile.Hash(ModuleState.Of(Model));
        return given;
    }

    private static (ImageEncoder Encoder, IReadOnlyList<string> PassedOver) Image(ContrastiveOptions options, string dataFolder)
    {
        if (options.ImageModel == ContrastiveOptions.Random)
        {
            ImageEncoder drawn = ImageEncoder.Create(EncoderForms.Image(options.ImageForm, options.ImageSize));
            using var generator = Generator.Seeded(options.Seed);
            drawn.Initialize(generator);
            return (drawn, []);
        }

        using var checkpoint = Pretrained.Checkpoint.Open(PublishedFiles.Model(options.ImageModel, dataFolder, "--image-model"), new CheckpointOptions { ReadsHead = false });
        return (checkpoint.Load(), checkpoint.PassedOver);
    }

    private static (BertEncoder Encoder, CaptionTokens Tokens, IReadOnlyList<string> PassedOver) Text(ContrastiveOptions options, string dataFolder, CaptionSet train)
    {
        BertEncoder encoder;
        IReadOnlyList<string> passedOver = [];
        Vocabulary vocabulary;
        bool lowerCases;
        if (options.TextModel == ContrastiveOptions.Random)
        {
            lowerCases = options.VocabularyFile.Length > 0 && BertFolder.LowersCase(Path.GetDirectoryName(Path.GetFullPath(options.VocabularyFile))!);
            vocabulary = options.VocabularyFile.Length > 0
                ? Vocabulary.Load(options.VocabularyFile)
                : VocabularyBuilder.Build(train.Pictures.SelectMany(picture => picture.Captions), lowerCases, options.VocabularySize);
            encoder = new BertEncoder(EncoderForms.Text(options.TextForm, vocabulary.Count));
            using var generator = Generator.Seeded(options.Seed);
            encoder.Initialize(generator);
        }
        else
        {
            string folder = PublishedFiles.Model(options.TextModel, dataFolder, "--text-model");
            (encoder, passedOver) = BertFolder.ReadEncoder(folder);
            (vocabulary, lowerCases) = (BertFolder.LoadVocabulary(folder), BertFolder.LowersCase(folder));
            if (vocabulary.Count > encoder.Form.VocabularySize) throw new InvalidDataException($"{folder} has a vocabulary of {vocabulary.Count} tokens and a model of {encoder.Form.VocabularySize}.");
        }

        if (options.TextLength > encoder.Form.Positions) throw new UsageException($"--text-length is {options.TextLength}, but the text encoder has {encoder.Form.Positions} positions.", "Take a shorter --text-length.");
        return (encoder, new CaptionTokens(vocabulary, lowerCases) { Length = options.TextLength, PrintsBytes = options.Repeats(PublishedQuirk.ByteCaptions) }, passedOver);
    }
}

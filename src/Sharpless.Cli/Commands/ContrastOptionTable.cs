using System.CommandLine;
using Sharpless.Analysis;
using Sharpless.Cli.Hosting;
using Sharpless.Contrastive;
using Sharpless.Data;
using Sharpless.Data.Captions;

namespace Sharpless.Cli.Commands;

/// <summary>The options of an image-text training, with the names and defaults of the published program. What is not given is the preset's.</summary>
internal sealed class ContrastOptionTable : OptionTable<ContrastiveOptions>
{
    private const string All = "all", None = "none";

    internal ContrastOptionTable()
    {
        var defaults = new ContrastiveOptions();
        AddData(defaults);
        AddModels(defaults);
        AddTraining(defaults);
    }

    /// <summary>Name on the command line of something that the published training does by mistake.</summary>
    private static string Name(PublishedQuirk quirk) => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(quirk.ToString());

    private static PublishedQuirk[] Quirks(string[] names) => names switch
    {
        [All] => Enum.GetValues<PublishedQuirk>(),
        [None] => [],
        _ => [.. Enum.GetValues<PublishedQuirk>().Where(quirk => names.Contains(Name(quirk)))],
    };

    private void AddData(ContrastiveOptions defaults)
    {
        AddIfGiven(
            TextOption.Word("--data", "Captioned pictures: a folder in COCO's layout, or the name of one in --data-dir.", defaults.Data, "DIR"),
            (options, data) => options with { Data = data });
        AddIfGiven(TextOption.Word("--train-split", "Split that is trained on.", defaults.TrainSplit, "NAME"), (options, split) => options with { TrainSplit = split });
        AddIfGiven(TextOption.Word("--test-split", "Split that is evaluated.", defaults.TestSplit, "NAME"), (options, split) => options with { TestSplit = split });
        AddIfGiven(
            TextOption.Word("--caption", "Which caption of a picture a step trains on; evaluations take the first.", "random", "CHOICE", "random", "first"),
            (options, choice) => options with { Caption = Enum.Parse<CaptionChoice>(choice, ignoreCase: true) });
        AddIfGiven(
            TextOption.Word("--batch-order", "Order of the training pictures.", "random", "ORDER", "random", "sequential"),
            (options, order) => options with { BatchOrder = Enum.Parse<BatchOrder>(order, ignoreCase: true) });
    }

    private void AddModels(ContrastiveOptions defaults)
    {
        AddIfGiven(
            TextOption.Word("--image-model", "Image encoder: a published npz file (looked for in models/ of --data-dir too), or random.", defaults.ImageModel, "FILE"),
            (options, file) => options with { ImageModel = file });
        AddIfGiven(
            TextOption.Word("--text-model", "Text encoder: a folder with config.json, model.safetensors and vocab.txt (looked for in models/ of --data-dir too), or random.", defaults.TextModel, "DIR"),
            (options, folder) => options with { TextModel = folder });
        AddRandom("--random-init-image", "The same as --image-model random.", options => options with { ImageModel = ContrastiveOptions.Random });
        AddRandom("--random-init-text", "The same as --text-model random.", options => options with { TextModel = ContrastiveOptions.Random });
        AddIfGiven(
            TextOption.Word("--image-form", "Form of a random image encoder.", defaults.ImageForm, "NAME", [.. EncoderForms.ImageNames]),
            (options, form) => options with { ImageForm = form });
        AddIfGiven(
            TextOption.Word("--text-form", "Form of a random text encoder.", defaults.TextForm, "NAME", [.. EncoderForms.TextNames]),
            (options, form) => options with { TextForm = form });
        AddIfGiven(
            NumberOption.Integer("--image-size", "Side of the pictures for a random image encoder, in pixels; a published one has its own.", defaults.ImageSize, minimum: 1),
            (options, size) => options with { ImageSize = size });
        AddIfGiven(
            TextOption.Word("--vocabulary", "vocab.txt for a random text encoder; without, one is made of the training captions.", defaults.VocabularyFile, "FILE"),
            (options, file) => options with { VocabularyFile = file });
        AddIfGiven(
            NumberOption.Integer("--vocabulary-size", "Most tokens of a vocabulary that is made.", defaults.VocabularySize, minimum: 100),
            (options, size) => options with { VocabularySize = size });
        AddIfGiven(
            NumberOption.Integer("--text-length", "Tokens of a text, with [CLS] and [SEP]; longer ones are cut.", defaults.TextLength, minimum: 2),
            (options, length) => options with { TextLength = length });
        AddIfGiven(NumberOption.Integer("--projection-dim", "Width of the embeddings.", defaults.Projection, minimum: 1), (options, width) => options with { Projection = width });
        AddIfGiven(
            NumberOption.Integer("--bottleneck-dim", "Units of a linear bottleneck in each head; 0 or less for none.", defaults.Bottleneck, minimum: -1),
            (options, width) => options with { Bottleneck = width });
        AddIfGiven(
            TextOption.Word("--pooling", "Which positions the mean over a text takes in: its tokens (masked), or padding too (all, as published).", "masked", "POSITIONS", "masked", "all"),
            (options, pooling) => options with { Pooling = Enum.Parse<TokenPooling>(pooling, ignoreCase: true) });
        AddIfGiven(
            TextOption.Word("--pixel-range", "Values of the pixels: -1 to 1 (symmetric), or 0 to 1 (unit, as published).", "symmetric", "RANGE", "symmetric", "unit"),
            (options, range) => options with { PixelRange = Enum.Parse<PixelRange>(range, ignoreCase: true) });
        AddIfGiven(
            TextOption.Word("--init", "Weights of both encoders and heads to start from: the folder of a run, or a safetensors file.", "", "FILE"),
            (options, file) => options with { InitialWeights = file });
    }

    private void AddTraining(ContrastiveOptions defaults)
    {
        AddIfGiven(
            NumberOption.Real("--lr", "Learning rate of Adam at the start; it falls to 0 along half a cosine.", defaults.LearningRate, value => value >= 0, "0 or more"),
            (options, rate) => options with { LearningRate = rate });
        AddIfGiven(
            NumberOption.Real("--rho", "Radius of SAM's perturbation, L2 over all weights of both encoders and heads; 0 trains without SAM.", defaults.Rho, value => value >= 0, "0 or more"),
            (options, rho) => options with { Rho = rho });
        AddIfGiven(
            NumberOption.Real("--gradient-norm-rho", "Weight of the penalty on the norm of the gradient; excludes --rho.", defaults.GradientPenalty, value => value >= 0, "0 or more"),
            (options, rho) => options with { GradientPenalty = rho });
        AddIfGiven(
            TextOption.Switch("--gradient-norm-squared", "Whether that penalty takes the norm squared.", defaults.SquaresGradientNorm),
            (options, on) => options with { SquaresGradientNorm = on });
        AddIfGiven(NumberOption.Integer("--epochs", "Epochs of training.", defaults.Epochs), (options, epochs) => options with { Epochs = epochs });
        AddIfGiven(NumberOption.Integer("--bs", "Pairs in a batch.", defaults.BatchSize, minimum: 2), (options, size) => options with { BatchSize = size });
        AddIfGiven(
            NumberOption.Real("--temperature", "What similarities are divided by.", defaults.Temperature, value => value > 0, "above 0"),
            (options, temperature) => options with { Temperature = temperature });
        AddIfGiven(
            NumberOption.Integer("--eval-every", "Steps from one evaluation to the next, after the first step.", defaults.EvaluationPeriod, minimum: 1),
            (options, period) => options with { EvaluationPeriod = period });
        AddIfGiven(
            NumberOption.Integer("--n-eval-batches", "Batches of an evaluation, the first ones of a split.", defaults.EvaluationBatches, minimum: 1),
            (options, batches) => options with { EvaluationBatches = batches });
        AddIfGiven(
            TextOption.Word("--center", "What is subtracted before ranks are taken: the mean of each example (as published), of each feature, or none.", "example", "MEAN", "example", "feature", "none"),
            (options, mean) => options with { Centering = Enum.Parse<Centering>(mean, ignoreCase: true) });
        string[] quirks = [.. Enum.GetValues<PublishedQuirk>().Select(Name)];
        AddIfGiven(
            TextOption.ListOf("--as-published", $"Mistakes of the published training to repeat: {string.Join(", ", quirks)}, or all, or none.", [.. quirks, All, None]),
            (options, names) => options with { AsPublished = Quirks(names) });
    }

    private void AddRandom(string name, string description, Func<ContrastiveOptions, ContrastiveOptions> set) =>
        AddIfGiven(new Option<bool>(name) { Description = description }, (options, on) => on ? set(options) : options);
}

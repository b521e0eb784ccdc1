using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Models;

/// <summary>Models by the name that the command line knows them by.</summary>
public static class ModelCatalog
{
    /// <summary>Width of a model where none is given: 64, as published for the ResNets and the classifier. <see cref="DefaultWidthOf"/> tells that of each.</summary>
    public const int DefaultWidth = 64;

    private static readonly CatalogEntry[] Entries =
    [
        PreActivation("resnet18", [2, 2, 2, 2]),
        new("classifier", 64, (shape, _, given) => new SmallClassifier(shape, given)) { SmallestImage = 4, Norm = NormalizationKind.Batch },
        PreActivation("resnet18_gn", [2, 2, 2, 2], isGroupNormalized: true),
        PostActivation("resnet18_plain", [2, 2, 2, 2]),
        PostActivation("resnet34", [3, 4, 6, 3]),
        PostActivation("resnet34_plain", [3, 4, 6, 3]),
        PreActivation("resnet34_gn", [3, 4, 6, 3], isGroupNormalized: true),
        PreActivation("resnet34preact", [3, 4, 6, 3]),
        PreActivation("resnet_tiny", [1, 1, 1, 1]),
        PreActivation("resnet_tiny_gn", [1, 1, 1, 1], isGroupNormalized: true),
        new("wrn28", 10, (shape, options, given) => new PreActivationResNet(shape, PreActivationLayout.Wide28(shape.Width), options, given))
        {
            HasPreActivationBlocks = true,
            Norm = NormalizationKind.Batch,
            TellingWidths = [2, 1],                                              // at width 1 the first stage widens nothing, and so needs no shortcut
        },
        new("densenet40", 12, (shape, _, given) => new DenseNet(shape, 6, given)) { SmallestImage = 4, Norm = NormalizationKind.Batch },
        new("densenet100", 12, (shape, _, given) => new DenseNet(shape, 16, given)) { SmallestImage = 4, Norm = NormalizationKind.Batch },
        new("vgg16", 64, (shape, _, given) => new Vgg(shape, given)),
        new("vgg16_act_reg", 64, (shape, _, given) => new Vgg(shape, given)),
        new("vit_basic", 256, (shape, _, given) => new VisionTransformer(shape, given)) { SmallestImage = 4, ImageStep = 4, Norm = NormalizationKind.Example },
        new("vit_exp", 256, (shape, _, given) => new SimpleVisionTransformer(shape, given)) { SmallestImage = 4, ImageStep = 4, SmallestWidth = 8, WidthStep = 4, Norm = NormalizationKind.Example },
        new("lenet", 6, (shape, _, given) => new LeNet(shape, given)) { SmallestImage = LeNet.SmallestImage },
        new("cnn", 32, (shape, _, given) => new PlainConvolutional(shape, given)) { SmallestImage = 8 },
        new("fc", 512, (shape, _, given) => new FullyConnected(shape, given)),
        new("linear", 1, (shape, options, _) => new LinearClassifier(shape, options.InitialNorm))
        {
            HasInitialNorm = true,
            IsAugmented = false,
            PublishedNames = new Dictionary<string, string> { ["_model.1.weight"] = "linear.weight" },
        },
    ];

    /// <summary>Every name.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Entries.Select(entry => entry.Name)];

    /// <summary>Base width of a model where none is given.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">An unknown name.</exception>
    public static int DefaultWidthOf(string name) => Find(name).DefaultWidth;

    /// <summary>Widths, as small as they can be, that show all names that the tensors of a model can have.</summary>
    internal static IEnumerable<int> TellingWidthsOf(string name) => Find(name).TellingWidths.Select(width => Math.Max(width, Find(name).SmallestWidth));

    /// <summary>Our name of each tensor that the published network calls otherwise.</summary>
    internal static IReadOnlyDictionary<string, string> PublishedNamesOf(string name) => Find(name).PublishedNames;

    /// <summary>How the tensors of a file are called in a model, whatever channels it has lost.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="shape">What the model fits.</param>
    /// <param name="options">Its options.</param>
    /// <param name="given">Names in the file.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="InvalidDataException">The file holds the network, or one of its tensors, twice.</exception>
    internal static StateNaming NamingOf(string name, ModelShape shape, ModelOptions options, IEnumerable<string> given, string path)
    {
        using var scope = NewDisposeScope();
        return new StateNaming(path, given, ModuleState.Of(Create(name, shape, options: options)).Select(item => item.Name), PublishedNamesOf(name));
    }

    /// <summary>Whether training augments the images for this model where the data set says so; not for <c>linear</c>, as published.</summary>
    /// <inheritdoc cref="DefaultWidthOf"/>
    public static bool IsAugmented(string name) => Find(name).IsAugmented;

    /// <summary>Whether a model has batch norm.</summary>
    /// <inheritdoc cref="DefaultWidthOf"/>
    public static bool HasBatchNorm(string name) => Find(name).Norm == NormalizationKind.Batch;

    /// <summary>Whether a model has normalization layers of any kind: batch, group or layer norm.</summary>
    /// <inheritdoc cref="DefaultWidthOf"/>
    public static bool HasNormalization(string name) => Find(name).Norm != NormalizationKind.None;

    /// <summary>What is wrong with a choice of model, as far as it can be told without images; empty if nothing is.</summary>
    /// <param name="name">The model.</param>
    /// <param name="width">Its base width.</param>
    /// <param name="options">Its options.</param>
    public static IEnumerable<string> Problems(string name, int width, ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!Names.Contains(name))
        {
            yield return $"There is no model '{name}'; known: {string.Join(", ", Names)}.";
            yield break;
        }

        CatalogEntry entry = Find(name);
        if (width < entry.SmallestWidth || width % entry.WidthStep != 0)
        {
            string multiple = entry.WidthStep > 1 ? $" and a multiple of {entry.WidthStep}" : "";
            yield return $"--model-width is {width}; for {name} it must be {entry.SmallestWidth} or more{multiple}.";
        }

        if (!(options.DropRate >= 0 && options.DropRate < 1)) yield return $"--droprate is {options.DropRate}; it must be from 0 to below 1.";
        if (!(options.InitialNorm >= 0 && double.IsFinite(options.InitialNorm))) yield return $"--scale-init is {options.InitialNorm}; it must be finite and 0 or more.";
        if (!entry.HasPreActivationBlocks && options.Activation != BlockActivation.Relu) yield return $"--activation {options.Activation} has no effect on {name}: only the blocks of {With(other => other.HasPreActivationBlocks)} take another activation.";
        if (!entry.HasPreActivationBlocks && options.DropRate > 0) yield return $"--droprate has no effect on {name}: only the blocks of {With(other => other.HasPreActivationBlocks)} take one.";
        if (!entry.HasInitialNorm && options.InitialNorm > 0) yield return $"--scale-init has no effect on {name}, only on {With(other => other.HasInitialNorm)}.";

        static string With(Func<CatalogEntry, bool> has) => string.Join(", ", Entries.Where(has).Select(other => other.Name));
    }

    /// <summary>Builds a model with weights that are not initialised.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="shape">What it must fit.</param>
    /// <param name="given">Shapes of the weights that it is to be loaded with; null where none are given.</param>
    /// <param name="options">What can be chosen beside its size; null for the defaults.</param>
    /// <exception cref="ArgumentException">An unknown name, a width or an option that the model does not take, or images that do not fit it.</exception>
    public static Classifier Create(string name, ModelShape shape, GivenShapes? given = null, ModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(shape);
        CatalogEntry entry = Find(name);
        options ??= new ModelOptions();
        if (Problems(name, shape.Width, options).FirstOrDefault() is string problem) throw new ArgumentException(problem, nameof(shape));
        if (Math.Min(shape.Height, shape.ImageWidth) < entry.SmallestImage)
        {
            throw new ArgumentException($"Images of {shape.Height}x{shape.ImageWidth} are too small for '{name}'; it needs {entry.SmallestImage}x{entry.SmallestImage} or more.", nameof(shape));
        }

        if (shape.Height % entry.ImageStep != 0 || shape.ImageWidth % entry.ImageStep != 0)
        {
            throw new ArgumentException($"Images of {shape.Height}x{shape.ImageWidth} do not fit '{name}', which cuts them into patches of {entry.ImageStep}x{entry.ImageStep}; both sides must be multiples of {entry.ImageStep}.", nameof(shape));
        }

        return entry.Build(shape, options, given ?? GivenShapes.None);
    }

    private static CatalogEntry Find(string name) => Entries.FirstOrDefault(entry => entry.Name == name)
        ?? throw new ArgumentException($"There is no model '{name}'; known: {string.Join(", ", Names)}.", nameof(name));

    private static CatalogEntry PreActivation(string name, int[] blocks, bool isGroupNormalized = false) =>
        new(name, DefaultWidth, (shape, options, given) => new PreActivationResNet(shape, PreActivationLayout.ResNet(shape.Width, blocks, isGroupNormalized), options, given))
        {
            HasPreActivationBlocks = true,
            Norm = isGroupNormalized ? NormalizationKind.Example : NormalizationKind.Batch,
            SmallestWidth = isGroupNormalized ? 2 : 1,
            WidthStep = isGroupNormalized ? 2 : 1,
        };

    private static CatalogEntry PostActivation(string name, int[] blocks) => new(name, DefaultWidth, (shape, _, given) => new PostActivationResNet(shape, blocks, given)) { Norm = NormalizationKind.Batch };
}

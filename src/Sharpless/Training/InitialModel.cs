using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>The model that a training run starts from: with drawn weights, or with given ones and their mask.</summary>
internal static class InitialModel
{
    /// <summary>Builds it, and reads what is to be read.</summary>
    /// <returns>The model, and which of its weights are live (empty: all).</returns>
    /// <exception cref="UsageException">The mask does not fit.</exception>
    /// <exception cref="InvalidDataException">The weights do not.</exception>
    internal static (Classifier Model, IReadOnlyDictionary<string, Tensor> Mask) Create(TrainOptions options, ImageData data)
    {
        (Classifier model, IReadOnlyDictionary<string, Tensor> mask) = CreateWhole(options, data);
        if (options.FreezesStatistics) Freeze(model, options.FrozenNormalization);
        return (model, mask);
    }

    private static void Freeze(Classifier model, FrozenNormalization normalization)
    {
        foreach (BatchNorm layer in model.All().OfType<BatchNorm>())
        {
            if (normalization == FrozenNormalization.Running) layer.IsFrozen = true;
            else layer.Momentum = 0;                                             // the share of each batch in the running statistics
        }
    }

    private static (Classifier Model, IReadOnlyDictionary<string, Tensor> Mask) CreateWhole(TrainOptions options, ImageData data)
    {
        ModelShape shape = options.ShapeFor(data);
        if (options.InitialWeights.Length == 0)
        {
            Classifier drawn = ModelCatalog.Create(options.Model, shape, options: options.ModelOptions);
            using var generator = Generator.Seeded(options.Seed);
            drawn.Initialize(generator);
            return (drawn, new Dictionary<string, Tensor>());
        }

        string path = Directory.Exists(options.InitialWeights) ? Path.Combine(options.InitialWeights, "weights.safetensors") : options.InitialWeights;
        GivenShapes given = WeightFile.Shapes(path);
        StateNaming naming = ModelCatalog.NamingOf(options.Model, shape, options.ModelOptions, given.Names, path);
        Classifier model = ModelCatalog.Create(options.Model, shape, given.Renamed(naming.InModel), options.ModelOptions);
        using var scope = NewDisposeScope();
        IReadOnlyDictionary<string, Tensor> values = naming.InModel(WeightFile.Read(path));
        naming.Load(model, values);
        IReadOnlyDictionary<string, Tensor> mask = options.Mask switch
        {
            MaskSource.File => naming.InModel(WeightFile.ReadMask(path)),
            MaskSource.Zeros => Prunable.MaskOfZeros(values),
            MaskSource.None => new Dictionary<string, Tensor>(),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Mask, "Unknown mask source."),
        };
        MaskFile.RequireFits(
            MaskFile.PathFor(path), mask, model.Parameters().ToDictionary(item => item.Name, item => (Tensor)item.Parameter),
            "Give the weights that the mask was made with, or --mask none to ignore it, --mask zeros to take the exact zeros as pruned.");
        foreach (Tensor tensor in mask.Values) scope.MoveToOuter(tensor);
        return (model, mask);
    }
}

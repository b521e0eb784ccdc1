using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>What must be known, beside its weights, to build a network.</summary>
/// <param name="Model">One of <see cref="ModelCatalog.Names"/>.</param>
/// <param name="Shape">Images, classes and width; channels that were removed are seen from the weights.</param>
public sealed record NetworkForm(string Model, ModelShape Shape)
{
    /// <summary>What was chosen about the model beside its size. Default: nothing.</summary>
    public ModelOptions Options { get; init; } = new();

    /// <summary>The form of a run's network, from its <c>config.json</c>; the data set need not be there.</summary>
    /// <exception cref="InvalidDataException">The file does not say the shape of the images or the number of classes.</exception>
    public static NetworkForm OfRun(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string path = Path.Combine(folder, "config.json");
        TrainOptions options = RunConfiguration.Read(path);
        IReadOnlyDictionary<string, string> data = RecordedConfiguration.Load(path).Data;
        if (!data.TryGetValue("shape", out string? shape) || !data.TryGetValue("classes", out string? classes) || !int.TryParse(classes, out int count)
            || shape.Split(',').Select(text => int.TryParse(text, out int size) && size > 0 ? size : 0).ToArray() is not [> 0 and int channels, > 0 and int height, > 0 and int width])
        {
            throw new InvalidDataException($"\"{path}\" does not say the shape of the images and the number of classes (\"data\").");
        }

        return new NetworkForm(options.Model, new ModelShape(channels, height, width, count, options.ModelWidth)) { Options = options.ModelOptions };
    }

    /// <summary>Builds the network.</summary>
    /// <param name="weights">Its state by name, borrowed.</param>
    /// <exception cref="UsageException">The weights are not those of such a network.</exception>
    public Classifier Build(IReadOnlyDictionary<string, Tensor> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        try
        {
            StateNaming naming = ModelCatalog.NamingOf(Model, Shape, Options, weights.Keys, path: "");
            IReadOnlyDictionary<string, Tensor> values = naming.InModel(weights);
            Classifier model = ModelCatalog.Create(Model, Shape, new GivenShapes(values.ToDictionary(item => item.Key, item => item.Value.shape)), Options);
            naming.Load(model, values);
            return model;
        }
        catch (InvalidDataException error)
        {
            throw new UsageException(
                $"{error.Message} (The model was taken for '{Model}' of width {Shape.Width} on images of {Shape.Channels}x{Shape.Height}x{Shape.ImageWidth}.)",
                "Say which images and width it has: --image CxHxW, --model-width n; or give the run's folder.", error);
        }
    }
}

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Sharpless.Cli.Hosting;
using Sharpless.Models;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>The options of <c>sharpless prune</c> that measure what the sparsity buys.</summary>
internal sealed class PruneMeasureOptions
{
    private const int DefaultBatchSize = 64;

    private readonly Option<bool> _measure = new("--measure") { Description = "Measure what it buys: bytes on disk, multiply-adds, and time of a batch, dense against pruned (and shrunk)." };
    private readonly Option<int> _batchSize = NumberOption.Integer("--batch-size", "Images in a batch, of --measure [default: 64] and of a schedule's training [default: the run's].", DefaultBatchSize, minimum: 1).WithoutDefault();
    private readonly Option<int> _passes = NumberOption.Integer("--passes", "Timed forward passes of each network for --measure.", 30, minimum: 1);
    private readonly Option<int[]?> _image = new("--image") { Description = "Size of the images of a weight file [default: the run's; else 28x28 for one channel, 32x32 for more].", HelpName = "CxHxW", CustomParser = ParseImage };
    private readonly Option<int> _width = NumberOption.Integer("--model-width", "Base width of the network of a weight file; a run's is known.", ModelCatalog.DefaultWidth, minimum: 1);

    internal void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _measure, _batchSize, _passes, _image, _width }) command.Options.Add(option);
    }

    /// <summary>Whether to measure.</summary>
    internal bool Measures(ParseResult parsed) => parsed.GetValue(_measure);

    /// <summary>Base width of a weight file's network.</summary>
    internal int Width(ParseResult parsed) => parsed.GetValue(_width);

    /// <summary>The batch size, where it was given.</summary>
    internal int? BatchSize(ParseResult parsed) => parsed.GetResult(_batchSize) is { Implicit: false } ? parsed.GetValue(_batchSize) : null;

    /// <summary>How the network is built.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="network">The network.</param>
    /// <param name="run">The run's folder, or null.</param>
    /// <exception cref="UsageException">No model that Sharpless knows, or it is not that of the weights.</exception>
    internal NetworkForm Form(ParseResult parsed, StoredNetwork network, string? run)
    {
        if (network.Model is null)
        {
            throw new UsageException($"'{network.WeightFile}' is no model that Sharpless knows, so it cannot be run to be measured.", "Leave --measure out, or give the weights of a model that `sharpless train --model` has.");
        }

        NetworkForm form = run is not null ? NetworkForm.OfRun(run) : new NetworkForm(network.Model.Name, Shape(parsed, network.Weights));
        using var scope = NewDisposeScope();
        form.Build(network.Weights);                                              // refused now rather than after the work
        return form;
    }

    /// <summary>Measures.</summary>
    /// <param name="session">For precision and device.</param>
    /// <param name="form">See <see cref="Form"/>.</param>
    /// <param name="networks">What is compared, by name; the first is the dense one.</param>
    /// <param name="cancel">Stops after the pass under way.</param>
    internal PruneCost Measure(Session session, NetworkForm form, IReadOnlyList<(string Name, StoredWeights Weights)> networks, CancellationToken cancel)
    {
        int batchSize = BatchSize(session.Parsed) ?? DefaultBatchSize;
        IReadOnlyList<NetworkCost> costs = NetworkCost.Measure(
            form, [.. networks.Select(item => item.Weights)], batchSize, session.Parsed.GetValue(_passes), session.Precision, session.Device, cancel);
        return new PruneCost(form.Shape, batchSize, session.Precision, session.Device, [.. networks.Select((item, i) => (item.Name, costs[i]))]);
    }

    private ModelShape Shape(ParseResult parsed, IReadOnlyDictionary<string, Tensor> weights)
    {
        // What a file does not say is taken as in the published experiments; the weights must fit it.
        int channels = (int)(weights.Values.FirstOrDefault(weight => weight.Dimensions == 4)?.size(1) ?? 1);
        int[] image = parsed.GetValue(_image) is { Length: 3 } given ? given : [channels, channels == 1 ? 28 : 32, channels == 1 ? 28 : 32];
        int outputs = (int)(weights.Values.LastOrDefault(weight => weight.Dimensions == 2)?.size(0) ?? 1);
        // Two classes take one output (the published rule).
        return new ModelShape(image[0], image[1], image[2], Math.Max(outputs, 2), parsed.GetValue(_width));
    }

    private static int[]? ParseImage(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        int[] sizes = [.. text.Split('x').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size : 0)];
        if (sizes is [> 0, > 0, > 0]) return sizes;
        result.AddError($"--image is '{text}'; expected CxHxW, such as 3x32x32.");
        return null;
    }
}

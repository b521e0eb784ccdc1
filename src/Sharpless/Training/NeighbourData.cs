using System.Runtime.InteropServices;
using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>Among which examples nearest neighbours are looked for, and for which: those of the data set that is trained on, or of another one.</summary>
/// <param name="Name">The data set.</param>
/// <param name="IsOwn">Whether it is the one that is trained on.</param>
/// <param name="NeighbourSet">Where the neighbours are.</param>
/// <param name="Neighbours">Their indices.</param>
/// <param name="QuerySet">Where the examples are whose neighbours are looked for.</param>
/// <param name="Queries">Their indices.</param>
internal sealed record NeighbourData(
    string Name, bool IsOwn, ImageSet NeighbourSet, ReadOnlyMemory<int> Neighbours, ImageSet QuerySet, ReadOnlyMemory<int> Queries)
{
    /// <summary>What a user should know of the data set.</summary>
    internal IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>
    /// Of the data set itself the examples that are analysed and those that are tested on, with the labels that are trained on. Of another one as many, the
    /// first ones, with their true labels also where the run trains on noisy ones.
    /// </summary>
    /// <param name="options">The run.</param>
    /// <param name="data">What is trained on.</param>
    /// <param name="split">Which of it is used for what.</param>
    /// <param name="dataFolder">Where data sets are.</param>
    /// <exception cref="UsageException">There is no such data set, or it is not there.</exception>
    internal static NeighbourData Load(TrainOptions options, ImageData data, DataSplit split, string dataFolder)
    {
        string name = options.NeighbourDataSet;
        if (name == TransferSet.Same || DataSets.Named(name).Name == data.Name)
            return new NeighbourData(data.Name, IsOwn: true, data.Train, split.Analysis, data.Test, split.Test);
        RequireThere(options, dataFolder);
        ImageData other = DataSets.Load(name, dataFolder, options.Normalization);
        ReadOnlyMemory<int> queries = First(other.Test, options.TestCount == -1 ? int.MaxValue : options.TestCount);
        return new NeighbourData(other.Name, IsOwn: false, other.Train, First(other.Train, options.AnalysisCount), other.Test, queries) { Notes = other.Notes };
    }

    /// <summary>Refuses a published data set that is not there. Nothing is read.</summary>
    /// <param name="options">The run.</param>
    /// <param name="dataFolder">Where data sets are.</param>
    /// <exception cref="UsageException">There is no such data set, or it is not there.</exception>
    internal static void RequireThere(TrainOptions options, string dataFolder)
    {
        if (options.NeighbourDataSet == TransferSet.Same || DataSets.Named(options.NeighbourDataSet) is not KnownSet known || known.Locate(dataFolder) is not null) return;
        throw new UsageException(
            $"Nearest neighbours are looked for in the data set {known.Name} ({known.Origin}), which was not found in {dataFolder}.",
            $"Get it with: {known.HowToGet}. Or look for them in {options.DataSet} itself: --knn-dataset {TransferSet.Same}");
    }

    /// <summary>Refuses fewer neighbours than are to vote.</summary>
    /// <exception cref="UsageException">There are fewer.</exception>
    internal void RequireEnough(int k)
    {
        if (Neighbours.Length < k)
        {
            throw new UsageException(
                $"{k} neighbours vote, but of {Name} only {Neighbours.Length} examples are looked at.",
                IsOwn ? "Analyse more training examples: --n-analysis." : "Look at more examples (--n-analysis), or name a larger data set with --knn-dataset.");
        }
    }

    /// <summary>Refuses images that do not reach the taps of a network. Nothing is trained or moved: one blank image is sent through it.</summary>
    /// <param name="model">The network.</param>
    /// <param name="own">The images that it was made for.</param>
    /// <param name="taps">Where its activations are read.</param>
    /// <param name="precision">What its weights are in.</param>
    /// <param name="device">Where they are.</param>
    /// <exception cref="UsageException">Another number of channels, or a tap that these images do not reach.</exception>
    internal void RequireFits(Classifier model, ImageShape own, IReadOnlyList<string> taps, Precision precision, Device device)
    {
        ImageShape shape = NeighbourSet.Shape;
        if (shape == own) return;
        if (shape.Channels != own.Channels)
        {
            throw new UsageException(
                $"The images of --knn-dataset {Name} have {shape.Channels} channels, those that the network is trained on have {own.Channels}.",
                $"Name a data set with the same number of channels, or look for neighbours in the one trained on: --knn-dataset {TransferSet.Same}");
        }

        var refused = taps.Distinct().Select(tap => (Tap: tap, Error: Refusal(model, shape, tap, precision, device))).Where(item => item.Error is not null).ToList();
        if (refused.Count == 0) return;
        string[] reached = [.. model.Taps.Where(tap => !refused.Exists(item => item.Tap == tap) && Refusal(model, shape, tap, precision, device) is null)];
        string others = reached.Length > 0 ? $"These images reach {string.Join(", ", reached)}: name taps with --taps. Or name" : "Name";
        throw new UsageException(
            $"The images of --knn-dataset {Name} ({shape}) do not pass through this network, which is made for {own}, to the tap {refused[0].Tap}: {refused[0].Error}",
            $"{others} a data set of images of {own.Height}x{own.Width}, or --knn-dataset {TransferSet.Same}.");
    }

    private static string? Refusal(Classifier model, ImageShape shape, string tap, Precision precision, Device device)
    {
        using IDisposable off = no_grad();
        using var scope = NewDisposeScope();
        using var before = RememberedState.Of(model);
        model.train(false);
        try
        {
            Tensor blank = Tensor.Empty([1, shape.Channels, shape.Height, shape.Width], precision.ImageType(), device, precision.Layout());
            blank.fill_(0);
            _ = model.Activations(blank, [tap]);
            return null;
        }
        catch (Exception error) when (error is ArgumentException or ExternalException)
        {
            // .NET adds the parameter's name to the text of argument exceptions.
            return error.Message.Split('\n')[0].Split(" (Parameter '")[0];
        }
    }

    private static ReadOnlyMemory<int> First(ImageSet images, int count) => Enumerable.Range(0, Math.Min(count, images.Count)).ToArray();
}

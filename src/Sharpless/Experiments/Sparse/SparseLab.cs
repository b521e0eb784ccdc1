using System.Diagnostics;
using System.Globalization;
using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Optimization;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Experiments.Sparse;

/// <summary>
/// Where networks are trained, pruned, trained on and tested. Everything is a pure function of options and seed. A dense network is trained once for
/// each seed and kept in the folder of the experiment; every arm starts from that file.
/// </summary>
internal sealed class SparseLab
{
    // Evaluation has no batch statistics, so that its batches can be as large as the caches like.
    private const int EvaluationBatchSize = 500;

    private const string RunName = "run";

    private readonly SparseOptions _options;
    private readonly Device _device;
    private readonly ImageData _data;
    private readonly string _denseFolder;
    private readonly SparseWork _work;
    private readonly ModelShape _shape;
    private readonly BatchBuilder _builder;
    private readonly Dictionary<int, SparseSplit> _splits = [];

    /// <param name="options">Data, network and training.</param>
    /// <param name="data">The data set that they name.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="denseFolder">Where trained dense networks are kept.</param>
    /// <param name="work">Told of every step; may end the work after it.</param>
    internal SparseLab(SparseOptions options, ImageData data, Device device, string denseFolder, SparseWork work)
    {
        (_options, _data, _device, _denseFolder, _work) = (options, data, device, denseFolder, work);
        _shape = new ModelShape(data.Shape.Channels, data.Shape.Height, data.Shape.Width, data.Classes, options.Width);
        _builder = new BatchBuilder(data.Train);
        Run = new RunIdentity(options.Command, options, new Dictionary<string, string> { [RunIdentity.Data] = RunIdentity.HashOf(data) });
    }

    /// <summary>The run that all this belongs to.</summary>
    internal RunIdentity Run { get; }

    /// <summary>Tensors that a pruning looks at, by name.</summary>
    internal IReadOnlyList<string> PrunableTensors(PruneOptions pruning)
    {
        using var scope = NewDisposeScope();
        SparseNetwork network = SparseNetwork.New(_shape, Precision.Float32, CPU, seed: 0);
        PruneResult result = Pruner.Masks(network.Weights.Slots.ToDictionary(slot => slot.Name, network.Weights.MasterOf), pruning, network.Model.ChannelGroups);
        return [.. result.Prunable.Except(result.Exempt)];
    }

    /// <summary>For <c>config.json</c>.</summary>
    internal object ModelFacts()
    {
        using var scope = NewDisposeScope();
        SparseNetwork network = SparseNetwork.New(_shape, Precision.Float32, CPU, seed: 0);
        return new Dictionary<string, object> { ["parameters"] = network.Weights.Count, ["taps"] = network.Model.Taps };
    }

    /// <summary>For <c>config.json</c>.</summary>
    internal object DataFacts()
    {
        SparseSplit split = SplitOf(_options.Seed);
        return new Dictionary<string, object>
        {
            ["name"] = _data.Name, ["train"] = split.Train.Length, ["validation"] = split.Validation.Length, ["test"] = split.Test.Length, ["classes"] = _data.Classes,
            ["shape"] = new[] { _data.Shape.Channels, _data.Shape.Height, _data.Shape.Width },
        };
    }

    internal SparseSplit SplitOf(int seed) =>
        _splits.TryGetValue(seed, out SparseSplit? split) ? split : _splits[seed] = SparseSplit.Draw(_data.Train.Count, _data.Test.Count, _options.DataFraction, seed);

    internal int StepsPerEpoch(int seed) => Sequence(seed).BatchesPerEpoch;

    /// <summary>The dense network of a seed with its story: trained now, or read where an earlier arm trained it.</summary>
    /// <param name="seed">Decides everything.</param>
    /// <param name="rho">Radius of SAM in the training; 0 for SGD.</param>
    /// <param name="precision">Type of the point; null for that of the options.</param>
    /// <returns>A network that belongs to the scope of the caller, and how it was trained.</returns>
    internal (SparseNetwork Network, Trained Story) Dense(int seed, double rho, Precision? precision = null)
    {
        string path = Path.Combine(_denseFolder, string.Create(CultureInfo.InvariantCulture, $"dense-seed{seed}-rho{rho}.safetensors"));
        if (!File.Exists(path)) TrainDense(path, seed, rho);
        try
        {
            using ArrayFile file = ArrayFile.Open(path);
            Dictionary<string, Tensor> state = SealedFile.Read(file);
            if (SealedFile.Text(file, RunName) != Run.Hash()) throw new InvalidDataException($"'{path}' belongs to another run.");
            return (SparseNetwork.With(_shape, precision ?? _options.Precision, _device, state), Trained.FromMetadata(file.Metadata, path));
        }
        catch (InvalidDataException error)
        {
            throw new UsageException(error.Message, $"Remove it: the same command with --resume trains that network again.", error);
        }
    }

    /// <summary>SGD, or SAM around it, with the learning rate of the options.</summary>
    internal Optimizer OptimizerFor(SparseNetwork network, double rho, bool driftingRestore = false)
    {
        var sgd = new Sgd(network.Weights, new SgdOptions { Momentum = _options.Momentum, WeightDecay = _options.WeightDecay }) { LearningRate = _options.LearningRate };
        if (rho == 0) return new PlainDescent(network.Model, network.Weights, sgd);
        return driftingRestore
            ? new DriftingRestore(network.Model, network.Weights, sgd, rho)
            : new Sam(network.Model, network.Weights, sgd, new SamOptions { Rho = rho, Statistics = StatisticsPass.First });
    }

    /// <summary>Trains for some epochs.</summary>
    /// <param name="network">What computes the loss.</param>
    /// <param name="optimizer">Takes the steps; right is one that was made for <paramref name="network"/>.</param>
    /// <param name="seed">Decides the order of the examples.</param>
    /// <param name="firstEpoch">Epochs that went before: fine-tuning goes on where the dense training stopped, so that no order comes twice.</param>
    /// <param name="epochs">How many.</param>
    /// <param name="what">What progress calls it.</param>
    /// <exception cref="FailureException">Training diverged.</exception>
    /// <exception cref="OperationCanceledException">Stopped after a step.</exception>
    internal Trained Train(SparseNetwork network, Optimizer optimizer, int seed, int firstEpoch, int epochs, string what)
    {
        long started = Stopwatch.GetTimestamp(), evaluations = 0, skipped = 0;
        int skippedInARow = 0;
        BatchSequence sequence = Sequence(seed);
        List<double> validation = [];
        for (int epoch = firstEpoch; epoch < firstEpoch + epochs; epoch++)
        {
            for (long i = 0; i < sequence.BatchesPerEpoch; i++)
            {
                using (NewDisposeScope())
                {
                    Batch batch = BatchOf(sequence, ((long)epoch * sequence.BatchesPerEpoch) + i + 1, _options.Precision);
                    skippedInARow = optimizer.Step(() => network.Loss(batch)).Skipped ? skippedInARow + 1 : 0;
                }

                if (skippedInARow > 0) skipped++;
                evaluations += optimizer.GradientEvaluations;
                if (skippedInARow >= Trainer.MaximumSkippedInARow)
                {
                    throw new FailureException($"{what}: the gradient was not finite in {skippedInARow} steps in a row.", "A smaller --lr or --sam-rho helps. Finished networks are kept; another configuration needs another --out.");
                }

                _work.Did(optimizer.GradientEvaluations, what);
            }

            validation.Add(Accuracy(network, _data.Train, SplitOf(seed).Validation));
        }

        return new Trained(validation, evaluations, Stopwatch.GetElapsedTime(started).TotalSeconds, epochs * sequence.BatchesPerEpoch, skipped);
    }

    /// <summary>A batch of a seed's first epoch, as the theory check looks at.</summary>
    internal Batch FirstBatch(int seed, Precision precision) => BatchOf(Sequence(seed), 1, precision);

    /// <summary>Measures batch-norm statistics anew over the training examples of a seed.</summary>
    internal void ReestimateBatchNorm(SparseNetwork network, int seed)
    {
        BatchSequence sequence = Sequence(seed);
        BatchNormReestimation.Run(network.Model, sequence.BatchesPerEpoch, batch => BatchOf(sequence, batch + 1, _options.Precision));
    }

    /// <summary>Accuracy on the test examples of the published figure, and on all; and whether the loss is finite.</summary>
    internal (double Published, double All, bool IsFinite) Test(SparseNetwork network, int seed)
    {
        SparseSplit split = SplitOf(seed);
        (long published, bool isFinite) = Correct(network, _data.Test, split.Test);
        (long others, bool areFinite) = Correct(network, _data.Test, split.OtherTest);
        return ((double)published / split.Test.Length, (double)(published + others) / _data.Test.Count, isFinite && areFinite);
    }

    /// <summary>The cell with what a network came to.</summary>
    /// <param name="cell">What was asked for.</param>
    /// <param name="network">The network at the end.</param>
    /// <param name="trained">How it was trained; null where it was not.</param>
    internal SparseCell Filled(SparseCell cell, SparseNetwork network, Trained? trained)
    {
        long started = Stopwatch.GetTimestamp();
        (double published, double all, bool isFinite) = Test(network, cell.Seed);
        (long zeros, long parameters) = network.Zeros();
        return cell with
        {
            Epochs = trained?.ValidationAccuracy.Count ?? 0,
            GradientEvaluations = trained?.GradientEvaluations ?? 0,
            SkippedSteps = trained?.Skipped ?? 0,
            Diverged = !isFinite || trained?.TookNone == true,
            ValidationAccuracy = trained?.ValidationAccuracy ?? [],
            TestAccuracy = published,
            TestAccuracyAll = all,
            Zeros = zeros,
            Parameters = parameters,
            Sparsity = (double)zeros / parameters,
            Seconds = (trained?.Seconds ?? 0) + Stopwatch.GetElapsedTime(started).TotalSeconds,
        };
    }

    private void TrainDense(string path, int seed, double rho)
    {
        using var scope = NewDisposeScope();
        SparseNetwork network = SparseNetwork.New(_shape, _options.Precision, _device, seed);
        using Optimizer optimizer = OptimizerFor(network, rho);
        Trained story = Train(network, optimizer, seed, 0, _options.Epochs, $"seed {seed}, dense");
        SealedFile.Write(path, network.State(), new Dictionary<string, string>(story.ToMetadata()) { [RunName] = Run.Hash() });
    }

    private double Accuracy(SparseNetwork network, ImageSet images, ReadOnlyMemory<int> examples) => (double)Correct(network, images, examples).Count / examples.Length;

    private (long Count, bool IsFinite) Correct(SparseNetwork network, ImageSet images, ReadOnlyMemory<int> examples)
    {
        if (examples.Length == 0) return (0, true);
        (double loss, double error) = new Evaluator(network.Model, network.Weights.Precision, _device, EvaluationBatchSize, cancel: _work.Cancel).Run(images, examples, []);
        return (examples.Length - (long)Math.Round(error * examples.Length), double.IsFinite(loss));
    }

    private Batch BatchOf(BatchSequence sequence, long step, Precision precision) => _builder.Build(sequence.At(step).Span, precision.ImageType(), precision.Layout(), _device);

    private BatchSequence Sequence(int seed)
    {
        ReadOnlyMemory<int> train = SplitOf(seed).Train;
        if (train.Length < _options.BatchSize)
        {
            throw new UsageException($"One batch takes {_options.BatchSize} examples, but there are only {train.Length} to train on.", "Give a smaller --batch-size or a larger --data-fraction.");
        }

        return new BatchSequence(train, _options.BatchSize, BatchOrder.Random, (ulong)seed);
    }
}

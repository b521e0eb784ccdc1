using Sharpless.Data;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>The batches of a run by step: a pure function of options and step, so that a resumed run needs no state of them.</summary>
internal sealed class TrainingBatches
{
    private readonly TrainOptions _options;
    private readonly Device _device;
    private readonly ReadOnlyMemory<int> _examples;
    private readonly BatchSequence _sequence;
    private readonly BatchBuilder _builder;

    /// <exception cref="UsageException">An augmentation that the data set cannot have.</exception>
    internal TrainingBatches(TrainOptions options, ImageData data, DataSplit split, Device device)
    {
        (_options, _device, _examples) = (options, device, split.Train);
        if (options.RandAugmentation is not null && data.Train.Bytes is null)
        {
            throw new UsageException($"--randaug works on 8-bit images, but those of {options.DataSet} are float32.", "Leave --randaug out, or give the images as uint8.");
        }

        if (options.RepeatedAugmentation && data.Augmentation is null && options.RandAugmentation is null)
        {
            throw new UsageException($"--repeated-aug has no effect on {options.DataSet}, whose images are not augmented: every example would stand twice.", "Leave it out, or add --randaug.");
        }

        _sequence = new BatchSequence(split.Train, options.BatchSize, options.BatchOrder, (ulong)options.Seed);
        _builder = new BatchBuilder(data.Train, options.Augments ? data.Augmentation : null, (ulong)options.Seed, options.RandAugmentation);
    }

    /// <summary>Number of complete batches in an epoch.</summary>
    internal int PerEpoch => _sequence.BatchesPerEpoch;

    /// <summary>Epoch of a step, counted from 1; 0 for step 0.</summary>
    internal long EpochOf(long iteration) => _sequence.EpochOf(iteration);

    /// <summary>A batch of the training examples in their order, augmented as those of a step are, but with draws of its own: for what is measured over all of them.</summary>
    /// <param name="iteration">Step of the run that it is measured after.</param>
    /// <param name="index">Which batch, from 0 to <see cref="PerEpoch"/> - 1.</param>
    internal Batch InOrder(long iteration, long index)
    {
        const int OwnView = 2;                                                   // training has views 0 and 1
        ReadOnlySpan<int> examples = _examples.Span.Slice((int)index * _options.BatchSize, _options.BatchSize);
        return _builder.Build(examples, _options.Precision.ImageType(), _options.Precision.Layout(), _device, (iteration * PerEpoch) + index, OwnView);
    }

    /// <summary>The batch of a step. Its tensors belong to the scope.</summary>
    internal TrainingBatch At(long iteration)
    {
        TrainingBatch batch = View(iteration, 0);
        if (_options.RepeatedAugmentation)
        {
            TrainingBatch second = View(iteration, 1);
            batch = new TrainingBatch(cat([batch.Images, second.Images]).Contiguous(_options.Precision.Layout()), cat([batch.Labels, second.Labels]));
        }

        return _options.MixupAlpha > 0 ? Mixed(batch, iteration) : batch;
    }

    private TrainingBatch View(long iteration, int view)
    {
        Batch batch = _builder.Build(_sequence.At(iteration).Span, _options.Precision.ImageType(), _options.Precision.Layout(), _device, iteration, view);
        return new TrainingBatch(batch.Images, batch.Labels);
    }

    private TrainingBatch Mixed(TrainingBatch batch, long iteration)
    {
        (double lambda, int[] partner) = new Mixup(_options.MixupAlpha).DrawFor((ulong)_options.Seed, iteration, (int)batch.Images.size(0));
        Tensor order = Tensor.From(Array.ConvertAll(partner, place => (long)place)).To(_device);
        Tensor images = batch.Images * lambda + batch.Images.index_select(0, order) * (1 - lambda);
        return new TrainingBatch(images.Contiguous(_options.Precision.Layout()), batch.Labels, batch.Labels.index_select(0, order), lambda);
    }
}

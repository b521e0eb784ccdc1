using Sharpless.Data.Pictures;
using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Pretrained;

/// <summary>The rank of the features of published networks (arXiv:2305.16292, section on vision transformers and Mixers): all taps in one pass over the pictures.</summary>
public static class PretrainedRank
{
    // Tokens that pass through a block together: more take memory and gain no speed.
    private const int TokensAtOnce = 6_400;

    /// <summary>Measures a checkpoint.</summary>
    /// <param name="checkpoint">The network.</param>
    /// <param name="pictures">Images; the first ones in their order are taken.</param>
    /// <param name="options">What is measured.</param>
    /// <param name="precision">Type that the network computes in. Spectra are float64 always.</param>
    /// <param name="device">Where it computes.</param>
    /// <param name="progress">Told the share of the images that is done, 0 to 1; the eigenvalues come after it.</param>
    /// <param name="cancel">Stops at the next batch of images, or in the eigenvalues.</param>
    /// <exception cref="UsageException">Options that do not go together or with the network, or too little memory.</exception>
    /// <exception cref="FailureException">An image cannot be decoded, and damaged ones are not to be skipped.</exception>
    public static PretrainedRankResult Run(
        Checkpoint checkpoint, PictureFolder pictures, PretrainedRankOptions options, Precision precision = Precision.Float32, Device? device = null, IProgress<double>? progress = null,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(options);
        EncoderForm form = checkpoint.Form;
        if (options.Problems().Concat(options.Problems(form)).FirstOrDefault() is string problem) throw new UsageException(problem, "See sharpless pretrained-rank --help.");
        IReadOnlyList<int>? labels = options.MeasuresAccuracy && form.Classes > 0 ? pictures.Labels(form.Classes) : null;
        int layers = labels is null ? options.LayersOf(form)[^1] : form.Layers;
        var features = new TokenFeatures(form, options);
        using var pass = new FeaturePass(pictures, options, new PictureSize(form.ImageSize, form.ImageSize),
            Math.Max(1, TokensAtOnce / form.Tokens), features.Taps);

        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        ImageEncoder encoder = checkpoint.Load(precision, device);
        long right = 0;
        pass.Run(Read, progress, cancel);
        return new PretrainedRankResult
        {
            Form = form,
            Examples = pass.Examples,
            Skipped = pass.Skipped,
            PassedOver = checkpoint.PassedOver,
            Tokens = features.Description,
            Taps = pass.Finish(cancel),
            Accuracy = labels is null ? null : (double)right / pass.Examples,
        };

        IReadOnlyDictionary<string, Tensor> Read(Tensor images, IReadOnlyList<int> members)
        {
            TapRecorder recorder = features.NewRecorder();
            Tensor tokens = encoder.Tokens(images.To(device).To(precision.ImageType()), layers, recorder);
            if (labels is not null)
            {
                long[] answers = encoder.Logits(encoder.Features(tokens)).To(ScalarType.Float32).argmax(1).ToArray<long>();
                right += answers.Zip(members).Count(pair => pair.First == labels[pair.Second]);
            }

            return features.Of(recorder);
        }
    }
}

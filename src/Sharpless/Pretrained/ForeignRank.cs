using Sharpless.Data.Pictures;
using Sharpless.Torch;

namespace Sharpless.Pretrained;

/// <summary>The rank of the features of any network in a general format, at the places that it is read at.</summary>
public static class ForeignRank
{
    /// <summary>Measures a network.</summary>
    /// <param name="network">
    /// Takes images [B, 3, H, W] and gives features [B, ...] everywhere. More than two dimensions are flattened; where
    /// the options say so, [B, T, D] becomes one token or the mean of all, and [B, C, H, W] the mean over positions.
    /// </param>
    /// <param name="size">H and W.</param>
    /// <param name="pictures">Images; the first ones in their order are taken.</param>
    /// <param name="options">What is measured; blocks and places are the published networks' and not looked at.</param>
    /// <param name="device">Where the network takes its images.</param>
    /// <param name="progress">Told the share of the images that is done, 0 to 1.</param>
    /// <param name="cancel">Stops at the next batch of images, or in the eigenvalues.</param>
    /// <exception cref="UsageException">Options that do not go together, features that are none, or too little memory.</exception>
    /// <exception cref="FailureException">An image cannot be decoded, and damaged ones are not to be skipped.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static PretrainedRankResult Run(
        IForeignNetwork network, PictureSize size, PictureFolder pictures, PretrainedRankOptions options,
        Device? device = null, IProgress<double>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems().FirstOrDefault() is string problem) throw new UsageException(problem, "See sharpless pretrained-rank --help.");
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        IReadOnlyDictionary<string, Tensor> one = Read(zeros([1, 3, size.Height, size.Width]));
        using var pass = new FeaturePass(pictures, options, size, options.BatchSize,
            [.. network.Taps.Select(name => (name, checked((int)one[name].NumberOfElements)))]);
        pass.Run((images, _) => Read(images), progress, cancel);
        return new PretrainedRankResult
        {
            Form = null,
            Kind = network.Kind,
            Examples = pass.Examples,
            Skipped = pass.Skipped,
            Tokens = options.AveragesTokens == true
                ? "mean of all tokens or positions" : options.Token is int token ? $"token {token}" : "all values",
            Taps = pass.Finish(cancel),
            Accuracy = null,
        };

        IReadOnlyDictionary<string, Tensor> Read(Tensor images)
        {
            IReadOnlyList<Tensor> outputs = network.Run(images.To(device));
            return network.Taps.Index().ToDictionary(item => item.Item, item => Features(item.Item, outputs[item.Index], images.size(0), options));
        }
    }

    private static Tensor Features(string name, Tensor output, long images, PretrainedRankOptions options)
    {
        if (output.Dimensions < 2 || output.size(0) != images || output.NumberOfElements == 0)
            throw new UsageException($"At '{name}' the network gives {output.Text} for {images} images; features are [B, ...], one row for each image.", "Measure other places of it.");
        Tensor values = output.To(ScalarType.Float32);
        if (values.Dimensions == 3 && options.AveragesTokens == true) return values.mean([1]);
        if (values.Dimensions == 4 && options.AveragesTokens == true) return values.mean([2, 3]);
        if (values.Dimensions == 3 && options.Token is int token)
        {
            return token < values.size(1)
                ? values.select(1, token)
                : throw new UsageException($"--token is {token}, but '{name}' has {values.size(1)} tokens, counted from 0.", "Take a smaller one.");
        }

        return values.flatten(1);
    }
}

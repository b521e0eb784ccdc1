namespace Sharpless.Analysis;

/// <summary>How often the nearest neighbours and the nearest centroid are wrong on a test set.</summary>
/// <param name="KnnError">Share of the test examples that the k nearest neighbours label wrongly, 0 to 1.</param>
/// <param name="CentroidError">Share that the nearest centroid labels wrongly, 0 to 1: the mean over the classes in the test set.</param>
/// <param name="K">Number of neighbours that voted.</param>
/// <param name="TrainExamples">N of the training set.</param>
/// <param name="TestExamples">N of the test set.</param>
public sealed record NeighbourErrors(double KnnError, double CentroidError, int K, long TrainExamples, long TestExamples)
{
    /// <summary>Errors for features that lie somewhere.</summary>
    /// <param name="train">[N, P]; read several times.</param>
    /// <param name="trainLabels">[N].</param>
    /// <param name="test">[M, P]; read once.</param>
    /// <param name="testLabels">[M].</param>
    /// <param name="k">Number of neighbours that vote, 1 to N.</param>
    /// <param name="progress">Told the share of the test set that is done, 0 to 1.</param>
    /// <param name="cancel">Stops at the next block of training examples.</param>
    /// <exception cref="ArgumentException">Sizes that do not go together, or k larger than N.</exception>
    /// <exception cref="InvalidOperationException">The test set is empty.</exception>
    /// <exception cref="InvalidDataException">A row is not finite.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static NeighbourErrors Of(
        FeatureMatrix train, IReadOnlyList<long> trainLabels, FeatureMatrix test, IReadOnlyList<long> testLabels, int k = 10, IProgress<double>? progress = null, CancellationToken cancel = default)
    {
        var errors = new NeighbourErrorCounter(train, trainLabels, k, cancel);
        errors.AddAll(test, testLabels, progress);
        return errors.Result();
    }
}

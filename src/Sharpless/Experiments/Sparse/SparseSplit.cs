using Sharpless.Data;

namespace Sharpless.Experiments.Sparse;

/// <summary>The share of a data set that one seed uses, drawn anew for each seed: the exercise takes a tenth of MNIST for training, validation and test alike.</summary>
internal sealed class SparseSplit
{
    // Sets these draws apart from all others of the same seed.
    private const ulong TrainStream = 3UL << 32, TestStream = 4UL << 32;

    private SparseSplit(int[] train, int trained, int validation, int[] test, int tested)
    {
        Train = train.AsMemory(0, trained);
        Validation = train.AsMemory(trained, validation);
        Test = test.AsMemory(0, tested);
        OtherTest = test.AsMemory(tested);
    }

    /// <summary>Training examples.</summary>
    internal ReadOnlyMemory<int> Train { get; }

    /// <summary>Of the training examples that are left, as many as <see cref="Test"/> has.</summary>
    internal ReadOnlyMemory<int> Validation { get; }

    /// <summary>Test examples of the published figure.</summary>
    internal ReadOnlyMemory<int> Test { get; }

    /// <summary>All other test examples, for the figure with less noise.</summary>
    internal ReadOnlyMemory<int> OtherTest { get; }

    /// <exception cref="UsageException">No examples are left for a part.</exception>
    internal static SparseSplit Draw(int trainCount, int testCount, double fraction, int seed)
    {
        // The little that is added makes 0.29 of 100 examples 29, although 0.29 * 100 is 28.999999999999996.
        int train = (int)Math.Floor((fraction * trainCount) + 1e-6), test = (int)Math.Floor((fraction * testCount) + 1e-6);
        if (train < 1 || test < 1)
        {
            throw new UsageException($"--data-fraction {fraction} of {trainCount} training and {testCount} test examples leaves {train} and {test}.", "Give a larger share.");
        }

        if (train + test > trainCount)
        {
            throw new UsageException(
                $"--data-fraction {fraction} takes {train} of {trainCount} training examples, which leaves {trainCount - train} for validation where {test} are needed.", "Give a smaller share, such as 0.8.");
        }

        return new SparseSplit(Philox.Permutation(trainCount, (ulong)seed, TrainStream), train, test, Philox.Permutation(testCount, (ulong)seed, TestStream), test);
    }
}

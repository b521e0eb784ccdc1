namespace Sharpless.Data;

/// <summary>Which examples of a data set are used for training, validation, testing and the evaluations during training.</summary>
/// <remarks>
/// As in the published code of arXiv:2305.16292: numpy's generator is seeded, the first entries of its permutation of all training indices
/// are the validation examples, the rest keep their order. Numpy's generator is reproduced to the bit (<see cref="MersenneTwister"/>), so
/// the examples are the published ones. With n' = int(<see cref="SplitOptions.TrainShare"/> * n) of n examples, int(<see cref="SplitOptions.ValidationShare"/> * n')
/// are for validation, and the first n' of the rest are trained on. <see cref="Fast"/> and <see cref="Analysis"/> begin at the first example of the rest, so they
/// can hold examples that are not trained on.
/// A set that brings validation examples with it (<see cref="ImageData.ValidationCount"/>) is taken as it is: none are drawn.
/// </remarks>
public sealed class DataSplit
{
    private DataSplit(ReadOnlyMemory<int> validation, ReadOnlyMemory<int> rest, int train, int test, SplitOptions options)
    {
        Validation = validation;
        Train = rest[..Math.Min(train, rest.Length)];
        Fast = rest[..Math.Min(options.FastCount, rest.Length)];
        Analysis = rest[..Math.Min(options.AnalysisCount, rest.Length)];
        Test = Indices(Math.Min(options.TestCount ?? test, test));
    }

    /// <summary>Indices of the training examples that are trained on, ascending.</summary>
    public ReadOnlyMemory<int> Train { get; }

    /// <summary>Indices of the training examples set aside for validation, in the order drawn. Empty for small sets.</summary>
    public ReadOnlyMemory<int> Validation { get; }

    /// <summary>Indices of the training examples of the frequent evaluations, ascending.</summary>
    public ReadOnlyMemory<int> Fast { get; }

    /// <summary>Indices of the training examples whose features are analysed, ascending.</summary>
    public ReadOnlyMemory<int> Analysis { get; }

    /// <summary>Indices of the test examples used: 0 to their number - 1.</summary>
    public ReadOnlyMemory<int> Test { get; }

    /// <summary>Splits a data set.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="seed">From 0 to 2^32 - 1, as numpy takes.</param>
    /// <param name="options">Shares and counts.</param>
    /// <exception cref="ArgumentException">An option is out of range, or no example is left for training.</exception>
    public static DataSplit Create(ImageData data, long seed, SplitOptions? options = null) =>
        Create(data.Train.Count, data.Test.Count, seed, options ?? new SplitOptions(), data.ValidationCount);

    internal static DataSplit Create(int trainCount, int testCount, long seed, SplitOptions options, int givenValidation = 0)
    {
        string problems = string.Join(" ", options.Problems());
        if (problems.Length > 0) throw new ArgumentException(problems, nameof(options));
        if (seed is < 0 or > uint.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(seed), seed, $"The seed of a split is a 32-bit number, 0 to {uint.MaxValue}, as numpy takes.");

        int drawnFrom = trainCount - givenValidation;
        int train = (int)(options.TrainShare * drawnFrom);
        int validation = (int)(options.ValidationShare * train);
        if (train == 0)
            throw new ArgumentException($"TrainShare {options.TrainShare} of {drawnFrom} training examples is none. Use a larger share.", nameof(options));

        int[] chosen = givenValidation > 0 ? Indices(trainCount)[drawnFrom..] : validation == 0 ? [] : new MersenneTwister((uint)seed).Permutation(trainCount)[..validation];
        var isChosen = new bool[trainCount];
        foreach (int index in chosen) isChosen[index] = true;
        int[] rest = Indices(trainCount).Where(index => !isChosen[index]).ToArray();
        return new DataSplit(chosen, rest, train, testCount, options);
    }

    private static int[] Indices(int count) => Enumerable.Range(0, count).ToArray();
}

namespace Sharpless.Pruning;

/// <summary>How sparse a network is at each moment of a pruning in several steps: pure functions of the round or the training step.</summary>
public static class PruneSchedule
{
    /// <summary>
    /// Iterative magnitude pruning (arXiv:1803.03635, section 1): each of R rounds keeps the same share, (1 - amount)^(1 / R), of what the round before left.
    /// </summary>
    /// <param name="amount">Sparsity after the last round, 0 to 1.</param>
    /// <param name="round">0 (nothing is pruned) to <paramref name="rounds"/>.</param>
    /// <param name="rounds">R, 1 or more.</param>
    /// <returns>Sparsity after that round, 1 - (1 - amount)^(round / R); after the last it is the amount itself.</returns>
    public static double Iterative(double amount, int round, int rounds)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rounds);
        ArgumentOutOfRangeException.ThrowIfNegative(round);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(round, rounds);
        // Rounding must not cost a weight at the end.
        return round == rounds ? amount : 1 - Math.Pow(1 - amount, (double)round / rounds);
    }

    /// <summary>
    /// Gradual pruning (arXiv:1710.01878, equation 1, from s = 0 at step 0): s(t) = amount + (0 - amount) * (1 - t / T)^3, fast at first, while there is much to spare.
    /// </summary>
    /// <param name="amount">Sparsity from step T on, 0 to 1.</param>
    /// <param name="step">t: training steps taken, 0 or more.</param>
    /// <param name="lastStep">T, 1 or more: the step of the last pruning.</param>
    /// <returns>Sparsity at that step; from T on it is the amount itself.</returns>
    public static double Cubic(double amount, long step, long lastStep)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lastStep);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (step >= lastStep) return amount;
        double left = 1 - ((double)step / lastStep);
        return amount - (amount * left * left * left);
    }
}

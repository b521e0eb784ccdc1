namespace Sharpless;

/// <summary>Work that had begun cannot go on: the message says why, the hint how to go on. The command line ends with exit code 1.</summary>
public sealed class FailureException : Exception
{
    /// <summary>What happened, and how to go on.</summary>
    public FailureException(string message, string hint, Exception? cause = null)
        : base(message, cause) => Hint = hint;

    /// <summary>How to go on, as one sentence.</summary>
    public string Hint { get; }
}

namespace Sharpless;

/// <summary>
/// Something that the user gave cannot be used: the message says what was given and what was expected, the hint how to mend it. Thrown before
/// work starts; the command line ends with exit code 2.
/// </summary>
public class UsageException : Exception
{
    /// <summary>What is wrong, and how to mend it.</summary>
    public UsageException(string message, string hint, Exception? cause = null)
        : base(message, cause) => Hint = hint;

    /// <summary>How to mend it, as one sentence.</summary>
    public string Hint { get; }
}

namespace Sharpless.Torch;

/// <summary>
/// An error that libtorch or the door reports. The message names the operator and the shapes of its arguments, then repeats the first
/// line of what libtorch said.
/// </summary>
public sealed class TorchException : Exception
{
    /// <summary>An error without text.</summary>
    public TorchException()
    {
    }

    /// <summary>An error with libtorch's text.</summary>
    public TorchException(string message)
        : base(message)
    {
    }

    /// <summary>An error with libtorch's text and its cause.</summary>
    public TorchException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

namespace Sharpless.Torch;

/// <summary>Switches the recording of operations for the backward pass, on this thread, until disposed.</summary>
public readonly ref struct GradientMode : IDisposable
{
    private readonly bool _before;

    private GradientMode(bool on)
    {
        _before = Native.GradientMode;
        Native.GradientMode = on;
    }

    /// <summary>No recording: for evaluation and for changes of the weights.</summary>
    public static GradientMode Off() => new(false);

    /// <summary>Recording, also inside <see cref="Off"/>.</summary>
    public static GradientMode On() => new(true);

    /// <summary>Back to how it was.</summary>
    public void Dispose() => Native.GradientMode = _before;
}

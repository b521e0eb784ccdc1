using System.Globalization;

namespace Sharpless.Torch;

/// <summary>Where a tensor lives: the CPU, or one of the CUDA devices.</summary>
/// <param name="IsCuda">Whether it is a CUDA device.</param>
/// <param name="Index">Number of the CUDA device, from 0; 0 for the CPU.</param>
public readonly record struct Device(bool IsCuda, int Index)
{
    /// <summary>The CPU.</summary>
    public static readonly Device Cpu;

    /// <summary>The CUDA device of that number.</summary>
    public static Device Cuda(int index = 0) => new(true, index);

    // c10::DeviceType: 0 is the CPU, 1 is CUDA.
    internal int NativeType => IsCuda ? 1 : 0;

    /// <summary>Reads <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>; <c>auto</c> is the first CUDA device if there is one, else the CPU.</summary>
    /// <exception cref="ArgumentException">Another text, or a CUDA device that is not there.</exception>
    public static Device Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int found = Runtime.CudaDevices;
        switch (text)
        {
            case "cpu":
                return Cpu;
            case "auto":
                return found > 0 ? Cuda() : Cpu;
        }

        int index = 0;
        bool named = text == "cuda"
            || (text.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out index));
        if (!named) throw new ArgumentException($"'{text}' is no device; expected auto, cpu, cuda or cuda:N.", nameof(text));
        if (index >= found) throw new ArgumentException($"Device {text} was asked for, but libtorch finds {found} CUDA devices here. Use --device cpu.", nameof(text));
        return Cuda(index);
    }

    /// <inheritdoc/>
    public override string ToString() => IsCuda ? $"cuda:{Index}" : "cpu";
}

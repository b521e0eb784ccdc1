using System.Globalization;

namespace Sharpless.Torch;

/// <summary>Devices by name.</summary>
public static class Devices
{
    /// <summary>Reads <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>; <c>auto</c> is the first CUDA device if there is one, else the CPU.</summary>
    /// <exception cref="ArgumentException">Another text, or a CUDA device that is not there.</exception>
    public static Device Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int found = Runtime.CudaDevices;
        switch (text)
        {
            case "cpu":
                return CPU;
            case "auto":
                return found > 0 ? new Device(DeviceType.CUDA, 0) : CPU;
        }

        int index = 0;
        bool named =
            text == "cuda"
            || (
                text.StartsWith("cuda:", StringComparison.Ordinal)
                && int.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out index)
            );
        if (!named)
            throw new ArgumentException($"'{text}' is no device; expected auto, cpu, cuda or cuda:N.", nameof(text));
        if (index >= found)
            throw new ArgumentException(
                $"Device {text} was asked for, but libtorch finds {found} CUDA devices here. Use the CPU.",
                nameof(text)
            );
        return new Device(DeviceType.CUDA, index);
    }
}

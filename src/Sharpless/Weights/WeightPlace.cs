using Sharpless.Kernels;

namespace Sharpless.Weights;

/// <summary>A parameter in its slot, and what it was like when it was last looked at.</summary>
/// <param name="slot">Where it lies.</param>
/// <param name="parameter">The model's.</param>
internal sealed class WeightPlace(WeightSlot slot, Parameter parameter)
{
    private readonly nint _address = ((TensorView)parameter).Address;
    private long _version = Dispatcher.Version(parameter);

    internal WeightSlot Slot => slot;

    internal Parameter Parameter => parameter;

    /// <summary>Copies values that were put into the parameter since into the master weights.</summary>
    /// <returns>Whether there were any.</returns>
    /// <exception cref="InvalidOperationException">The parameter lies elsewhere by now.</exception>
    internal bool TakeIn(Tensor master)
    {
        if (parameter.IsInvalid || ((TensorView)parameter).Address != _address)
        {
            throw new InvalidOperationException(
                $"The parameter '{slot.Name}' has left its weight space: the model was cast, moved or given other data after the space was made. Make the space last.");
        }

        long version = Dispatcher.Version(parameter);
        if (version == _version) return false;
        _version = version;
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        slot.View(master).copy_(parameter);
        return true;
    }
}

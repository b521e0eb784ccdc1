namespace Sharpless.Torch;

public sealed partial class Tensor
{
    /// <summary>Whether operations on it are recorded for the backward pass.</summary>
    public bool RequiresGradient
    {
        get => Native.Describe(LiveHandle).RequiresGradient != 0;
        set => Native.SetRequiresGradient(LiveHandle, value);
    }

    /// <summary>
    /// What backward passes have added up for this leaf, or null. Set it to a tensor of the same shape and strides to have them add there, in
    /// place; read, it is a new reference.
    /// </summary>
    public Tensor? Gradient
    {
        get
        {
            TensorHandle gradient = Native.Gradient(LiveHandle);
            return gradient.IsInvalid ? null : Own(gradient);
        }
        set => Native.SetGradient(LiveHandle, value?.Handle ?? TensorHandle.None);
    }

    /// <summary>The same elements outside the recorded graph; a view.</summary>
    public Tensor Detach() => Operators.Detach.Call(this);

    /// <summary>Adds the gradient of this single number to <see cref="Gradient"/> of every leaf it depends on.</summary>
    /// <param name="keepGraph">Keep what a second backward pass through the same graph needs.</param>
    public void Backward(bool keepGraph = false) => Native.Backward(LiveHandle, TensorHandle.None, keepGraph);

    /// <summary>Gradient of this single number in each of the inputs; null where it does not depend on one.</summary>
    /// <param name="inputs">Tensors that require a gradient.</param>
    /// <param name="createGraph">Record the gradients themselves, so that they can be differentiated again.</param>
    public Tensor?[] Gradients(IReadOnlyList<Tensor> inputs, bool createGraph = false)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var handles = new nint[inputs.Count];
        for (int i = 0; i < handles.Length; i++) handles[i] = inputs[i].Borrow();
        var gradients = new nint[inputs.Count];
        Native.Gradients(LiveHandle, TensorHandle.None, handles, createGraph, gradients);
        GC.KeepAlive(inputs);
        return Array.ConvertAll(gradients, gradient => gradient == 0 ? null : Own(gradient));
    }
}

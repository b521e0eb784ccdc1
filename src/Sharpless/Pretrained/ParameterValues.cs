using Sharpless.Kernels;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>Gives parameters their values: drawn, as the published code of vision transformers does, or read.</summary>
internal static class ParameterValues
{
    /// <summary>Replaces the tensor of a parameter; its owner is the scope around the call.</summary>
    internal static void Set(Parameter parameter, Tensor value)
    {
        Dispatcher.SetData(parameter, value);
    }

    /// <summary>One number everywhere.</summary>
    internal static void Constant(Parameter parameter, double value) => Draw(parameter, values => values.fill_(value));

    /// <summary>N(0, deviation²); zeros for 0.</summary>
    internal static void Normal(Parameter parameter, double deviation, Generator generator) => Draw(parameter, values =>
    {
        if (deviation == 0) values.fill_(0);
        else values.normal_(0, deviation, generator);
    });

    /// <summary>Uniform within ±sqrt(6 / (fan-in + fan-out)) (Glorot and Bengio, 2010), over the kernel as one matrix.</summary>
    internal static void XavierUniform(Parameter kernel, long inputs, Generator generator)
    {
        double bound = Math.Sqrt(6.0 / (inputs + (kernel.NumberOfElements / inputs)));
        Draw(kernel, values => values.uniform_(-bound, bound, generator));
    }

    /// <summary><see cref="Initialization.LeCunNormal"/>; the outputs are the last dimension.</summary>
    internal static void LecunNormal(Parameter kernel, Generator generator) =>
        Draw(kernel, values => Initialization.LeCunNormal(values, values.NumberOfElements / values.size(-1), generator));

    private static void Draw(Parameter parameter, Action<Tensor> fill)
    {
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Tensor values = Tensor.Empty(parameter.shape);
        fill(values);
        Set(parameter, values);
    }
}

using System.Text;

namespace Sharpless.Torch;

/// <summary>
/// An operator of libtorch (or of the kernels of <c>native/</c>), looked up by name on first use and called through the dispatcher, with
/// autograd.
/// </summary>
/// <param name="name">Full name, such as <c>aten::convolution</c>.</param>
/// <param name="overload">Overload, such as <c>Tensor</c> or <c>out</c>; empty for the plain one.</param>
public sealed class Operator(string name, string overload = "")
{
    private const int ResultCapacity = 64;
    private nint _found;

    /// <summary>Name and overload, as libtorch writes them.</summary>
    public string Name { get; } = overload.Length == 0 ? name : $"{name}.{overload}";

    /// <summary>Whether this libtorch has it.</summary>
    public bool Exists()
    {
        try
        {
            Resolve();
            return true;
        }
        catch (TorchException)
        {
            return false;
        }
    }

    /// <summary>Calls it and returns its one tensor.</summary>
    /// <param name="arguments">In the order of the operator's schema; left-out trailing ones take their defaults.</param>
    /// <exception cref="TorchException">libtorch refuses; the message names the operator and the shapes.</exception>
    public Tensor Call(params ReadOnlySpan<Argument> arguments)
    {
        Span<Native.Value> results = stackalloc Native.Value[1];
        if (Invoke(arguments, results) != 1 || results[0].Kind != ArgumentKind.Tensor) throw new InvalidOperationException($"{Name} does not return one tensor.");
        return Tensor.Own((nint)results[0].Content);
    }

    /// <summary>Calls it and returns its tensors; an undefined one becomes null.</summary>
    /// <inheritdoc cref="Call"/>
    public Tensor?[] CallMany(params ReadOnlySpan<Argument> arguments)
    {
        Span<Native.Value> results = stackalloc Native.Value[ResultCapacity];
        int count = Invoke(arguments, results);
        var tensors = new Tensor?[count];
        for (int i = 0; i < count; i++)
        {
            if (results[i].Kind == ArgumentKind.Tensor && results[i].Content != 0) tensors[i] = Tensor.Own((nint)results[i].Content);
        }

        return tensors;
    }

    /// <summary>Calls it and returns its one number.</summary>
    /// <inheritdoc cref="Call"/>
    public double CallNumber(params ReadOnlySpan<Argument> arguments)
    {
        Span<Native.Value> results = stackalloc Native.Value[1];
        Invoke(arguments, results);
        return results[0].Kind switch
        {
            ArgumentKind.Double => BitConverter.Int64BitsToDouble(results[0].Content),
            ArgumentKind.Integer or ArgumentKind.Boolean => results[0].Content,
            _ => throw new InvalidOperationException($"{Name} does not return a number."),
        };
    }

    /// <summary>Calls it for what it does to its arguments; results are freed.</summary>
    /// <inheritdoc cref="Call"/>
    public void CallInPlace(params ReadOnlySpan<Argument> arguments)
    {
        Span<Native.Value> results = stackalloc Native.Value[4];
        int count = Invoke(arguments, results);
        for (int i = 0; i < count; i++)
        {
            if (results[i].Kind == ArgumentKind.Tensor) Native.sharpless_tensor_free((nint)results[i].Content);
        }
    }

    private nint Resolve()
    {
        if (_found == 0) _found = Native.FindOperator(name, overload);
        return _found;
    }

    private int Invoke(ReadOnlySpan<Argument> arguments, Span<Native.Value> results)
    {
        nint found = Resolve();
        int listLength = 0;
        foreach (Argument argument in arguments) listLength += ListLength(argument);
        Span<long> lists = listLength <= 64 ? stackalloc long[64] : new long[listLength];
        Span<Native.Value> values = stackalloc Native.Value[arguments.Length];
        int count;
        unsafe
        {
            fixed (long* list = lists)
            {
                long* next = list;
                for (int i = 0; i < arguments.Length; i++) values[i] = Marshal(arguments[i], ref next);
                count = Native.CallOperator(found, values, results);
            }
        }

        // The native side borrowed raw handles: their owners must not be finalized before it returned.
        foreach (Argument argument in arguments) GC.KeepAlive(argument.Reference);
        return count;
    }

    private static int ListLength(Argument argument) => argument.Reference switch
    {
        Array list => list.Length,
        string text => (Encoding.UTF8.GetByteCount(text) / sizeof(long)) + 1,
        _ => 0,
    };

    private static unsafe Native.Value Marshal(Argument argument, ref long* next)
    {
        var value = new Native.Value { Kind = argument.Kind, Content = argument.Scalar };
        switch (argument.Reference)
        {
            case Tensor tensor:
                value.Content = tensor.Borrow();
                break;
            case Generator generator:
                value.Content = generator.Handle.DangerousGetHandle();
                break;
            case Device device:
                value.Length = device.NativeType;
                break;
            case long[] integers:
                value.Length = integers.Length;
                value.Content = (long)next;
                foreach (long integer in integers) *next++ = integer;
                break;
            case double[] numbers:
                value.Length = numbers.Length;
                value.Content = (long)next;
                foreach (double number in numbers) *next++ = BitConverter.DoubleToInt64Bits(number);
                break;
            case Tensor?[] tensors:
                value.Length = tensors.Length;
                value.Content = (long)next;
                foreach (Tensor? tensor in tensors) *next++ = tensor?.Borrow() ?? 0;
                break;
            case string text:
                value.Length = Encoding.UTF8.GetBytes(text, new Span<byte>(next, Encoding.UTF8.GetByteCount(text)));
                value.Content = (long)next;
                next += (value.Length / sizeof(long)) + 1;
                break;
        }

        return value;
    }
}

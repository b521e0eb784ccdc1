using System.Runtime.InteropServices;

namespace Sharpless.Torch;

internal static partial class Native
{
    /// <summary>The <c>sharpless_value</c> of the door: an argument or a result of an operator.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Value
    {
        public ArgumentKind Kind;
        public int Length;
        public long Content;
    }

    internal static nint FindOperator(string name, string overload)
    {
        ThrowIfFailed(sharpless_operator_find(name, overload, out nint found));
        return found;
    }

    /// <returns>How many results were written.</returns>
    internal static unsafe int CallOperator(nint called, ReadOnlySpan<Value> arguments, Span<Value> results)
    {
        fixed (Value* argument = arguments)
        fixed (Value* result = results)
        {
            ThrowIfFailed(sharpless_operator_call(called, argument, arguments.Length, result, results.Length, out int count));
            return count;
        }
    }

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int sharpless_operator_find(string name, string overload, out nint found);

    [LibraryImport(Library)]
    private static unsafe partial int sharpless_operator_call(
        nint called, Value* arguments, int argumentCount, Value* results, int resultCapacity, out int resultCount);
}

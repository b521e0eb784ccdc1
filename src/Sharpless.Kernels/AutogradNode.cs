using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Sharpless.Kernels;

/// <summary>
/// A node of libtorch's graph whose derivative is a method of ours. It stands on the exports behind TorchSharp's
/// <c>autograd.Function</c>, with handles instead of tensors and from a pool, so that a node costs no garbage.
/// </summary>
/// <remarks>
/// An exception must not cross libtorch's engine, which would abort the process: it is kept, the gradients of that node
/// stay undefined, and <see cref="ThrowIfFailed"/> throws it, which every entry of this library calls.
/// </remarks>
internal sealed unsafe partial class AutogradNode
{
    internal const string Library = "LibTorchSharp";

    /// <summary>Most tensors that a node takes, saves or returns.</summary>
    internal const int Most = 8;

    private static readonly ConcurrentBag<AutogradNode> Pool = [];
    private static readonly List<AutogradNode> All = []; // keeps the delegates alive that native code holds
    private static int _live;
    private static Exception? _failure;

    [ThreadStatic]
    private static List<nint>? _pending;

    [ThreadStatic]
    private static nint* _outputs;

    private readonly ApplyFunction _apply;
    private readonly DeleteFunction _delete;
    private readonly nint _applyPointer,
        _deletePointer;
    private readonly nint* _savedVariables = (nint*)NativeMemory.AllocZeroed(Most, (nuint)sizeof(nint));
    private readonly nint* _results = (nint*)NativeMemory.AllocZeroed(Most, (nuint)sizeof(nint));
    private NodePointers _node;
    private Derivative? _derivative;
    private object? _state;
    private int _inputCount,
        _savedCount;
    private uint _needed;

    private AutogradNode()
    {
        (_apply, _delete) = (Apply, Delete);
        (_applyPointer, _deletePointer) = (
            Marshal.GetFunctionPointerForDelegate(_apply),
            Marshal.GetFunctionPointerForDelegate(_delete)
        );
        lock (All)
            All.Add(this);
    }

    /// <summary>The derivative of a node: sets the gradients of the inputs that need one.</summary>
    internal delegate void Derivative(ref Pass pass);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate TensorArray ApplyFunction(nint* gradients, int count);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void DeleteFunction();

    /// <summary>Nodes that a graph holds at this moment.</summary>
    internal static int Live => Volatile.Read(ref _live);

    /// <summary>Throws what a derivative threw since the last call.</summary>
    internal static void ThrowIfFailed()
    {
        if (_failure is null)
            return;
        Exception? failure = Interlocked.Exchange(ref _failure, null);
        if (failure is not null)
            throw new InvalidOperationException($"A backward pass failed: {failure.Message}", failure);
    }

    /// <summary>Whether an operation on these tensors is to be recorded.</summary>
    internal static bool IsNeeded(params ReadOnlySpan<Tensor?> inputs)
    {
        ThrowIfFailed();
        if (!is_grad_enabled())
            return false;
        foreach (Tensor? input in inputs)
        {
            if (input is not null && input.requires_grad)
                return true;
        }

        return false;
    }

    /// <summary>Puts a node behind outputs that were computed outside the graph.</summary>
    /// <param name="inputs">What the outputs were computed from.</param>
    /// <param name="outputs">Handles of their own; they are replaced by those of the recorded outputs.</param>
    /// <param name="saved">What the derivative needs; an output stands here by its handle before the call.</param>
    /// <param name="state">What else it needs.</param>
    /// <param name="derivative">The derivative.</param>
    internal static void Record(
        ReadOnlySpan<Tensor> inputs,
        Span<TensorView> outputs,
        ReadOnlySpan<TensorView> saved,
        object? state,
        Derivative derivative
    )
    {
        if (!Pool.TryTake(out AutogradNode? node))
            node = new AutogradNode();
        Interlocked.Increment(ref _live);
        (node._derivative, node._state, node._inputCount, node._savedCount, node._needed) = (
            derivative,
            state,
            inputs.Length,
            saved.Length,
            0
        );
        node._node = THSAutograd_CSharpNode_ctor(node._applyPointer, node._deletePointer);
        nint* handles = stackalloc nint[Most],
            before = stackalloc nint[Most];
        for (int i = 0; i < inputs.Length; i++)
        {
            handles[i] = inputs[i].Handle;
            if (inputs[i].requires_grad)
                node._needed |= 1u << i;
        }

        for (int i = 0; i < outputs.Length; i++)
            before[i] = outputs[i].Handle;
        var variables = new TensorArray { Array = handles, Count = inputs.Length };
        THSAutograd_CSharpNode_setNextEdges(node._node, variables, 1);
        nint* computed = stackalloc nint[Most];
        for (int i = 0; i < outputs.Length; i++)
            computed[i] = before[i];
        THSAutograd_Function_wrapOutputs(
            variables,
            default,
            default,
            new TensorArray { Array = computed, Count = outputs.Length },
            node._node,
            (nint)(delegate* unmanaged[Cdecl]<nuint, nint>)&RoomForOutputs
        );
        CheckForErrors();
        for (int i = 0; i < outputs.Length; i++)
            outputs[i] = new TensorView(_outputs[i]);
        for (int i = 0; i < outputs.Length; i++)
        {
            if (before[i] != outputs[i].Handle)
                new TensorView(before[i]).Delete();
        }

        for (int i = 0; i < saved.Length; i++)
        {
            nint handle = saved[i].Handle;
            for (int k = 0; k < outputs.Length; k++)
            {
                if (handle == before[k] && handle != 0)
                    handle = outputs[k].Handle;
            }

            node._savedVariables[i] = handle == 0 ? 0 : THSAutograd_SavedVariable_ctor(handle, node._node, 0);
            if (node._savedVariables[i] == 0 && handle != 0) // made in inference mode, say
                GiveUp(node, outputs);
        }

        THSAutograd_CSharpNode_disposeSharedPtr(node._node);
        node._node.Shared = 0;
        foreach (Tensor input in inputs)
            GC.KeepAlive(input);
    }

    /// <summary>
    /// The gradients of a composition of libtorch's operators, with a graph of their own: for second derivatives.
    /// </summary>
    /// <param name="pass">The pass whose results are set: input i of the node is input i here.</param>
    /// <param name="compose">Computes the node's outputs again from its inputs.</param>
    /// <param name="inputs">The node's inputs, as they were saved; null for one that needs no gradient.</param>
    internal static void DifferentiateAgain(ref Pass pass, Func<Tensor[], Tensor?[]> compose, params Tensor[] inputs)
    {
        // Views, one for each place: a tensor that was given twice has a gradient at each of its places.
        Tensor[] places = [.. inputs.Select(input => input.view_as(input))];
        Tensor?[] outputs = compose(places);
        List<Tensor> ends = [],
            gradients = [];
        for (int i = 0; i < outputs.Length; i++)
        {
            if (outputs[i] is not { requires_grad: true } output || pass.Gradient(i).IsNone)
                continue;
            ends.Add(output);
            using Tensor gradient = pass.Gradient(i).ToTensor();
            gradients.Add(gradient.to(output.dtype));
        }

        List<int> needed = [.. Enumerable.Range(0, inputs.Length).Where(i => inputs[i].requires_grad)];
        if (needed.Count == 0 || ends.Count == 0)
            return;
        IList<Tensor> found = autograd.grad(
            ends,
            [.. needed.Select(i => places[i])],
            gradients,
            retain_graph: true,
            create_graph: true,
            allow_unused: true
        );
        for (int i = 0; i < needed.Count; i++)
        {
            if (found[i] is { IsInvalid: false } gradient)
                pass.Return(needed[i], gradient);
        }

        foreach (Tensor used in gradients.Concat(places))
            used.Dispose();
    }

    private static void GiveUp(AutogradNode node, ReadOnlySpan<TensorView> outputs)
    {
        try
        {
            CheckForErrors(); // first: every call clears the error of the one before
        }
        finally
        {
            foreach (TensorView output in outputs)
                output.Delete();
            THSAutograd_CSharpNode_disposeSharedPtr(node._node);
        }
    }

    private TensorArray Apply(nint* gradients, int count)
    {
        FreePending();
        new Span<nint>(_results, Most).Clear();
        nint* saved = stackalloc nint[Most];
        new Span<nint>(saved, Most).Clear();
        try
        {
            for (int i = 0; i < _savedCount; i++)
            {
                if (_savedVariables[i] == 0)
                    continue;
                saved[i] = THSAutograd_SavedVariable_unpack(_savedVariables[i], _node);
                if (saved[i] == 0) // changed in place since, say
                    CheckForErrors();
            }

            var pass = new Pass(gradients, saved, _results, _needed, _state);
            // Nothing arrives where an operator further on has no gradient to give; then none is passed on either.
            if (new ReadOnlySpan<nint>(gradients, count).ContainsAnyExcept(0))
                _derivative!(ref pass);
        }
        catch (Exception error)
        {
            Interlocked.CompareExchange(ref _failure, error, null);
            for (int i = 0; i < _inputCount; i++)
            {
                new TensorView(_results[i]).Delete();
                _results[i] = 0;
            }
        }

        for (int i = 0; i < _savedCount; i++)
            new TensorView(saved[i]).Delete();
        for (int i = 0; i < count; i++)
            new TensorView(gradients[i]).Delete();
        List<nint> pending = _pending ??= [];
        for (int i = 0; i < _inputCount; i++)
        {
            if (_results[i] != 0)
                pending.Add(_results[i]);
        }

        return new TensorArray { Array = _results, Count = _inputCount };
    }

    // libtorch copies the results after Apply has returned, so they are freed at the next chance.
    internal static void FreePending()
    {
        if (_pending is not { Count: > 0 } pending)
            return;
        foreach (nint handle in pending)
            new TensorView(handle).Delete();
        pending.Clear();
    }

    private void Delete()
    {
        for (int i = 0; i < _savedCount; i++)
        {
            if (_savedVariables[i] != 0)
                THSAutograd_SavedVariable_dispose(_savedVariables[i]);
            _savedVariables[i] = 0;
        }

        (_savedCount, _state, _derivative) = (0, null, null);
        if (_node.Weak != 0)
            THSAutograd_CSharpNode_disposeWeakPtr(_node);
        _node = default;
        Interlocked.Decrement(ref _live);
        Pool.Add(this);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint RoomForOutputs(nuint count)
    {
        if (_outputs == null)
            _outputs = (nint*)NativeMemory.Alloc(64, (nuint)sizeof(nint));
        return (nint)_outputs;
    }

    [LibraryImport(Library)]
    private static partial NodePointers THSAutograd_CSharpNode_ctor(nint apply, nint delete);

    [LibraryImport(Library)]
    private static partial void THSAutograd_CSharpNode_disposeSharedPtr(NodePointers node);

    [LibraryImport(Library)]
    private static partial void THSAutograd_CSharpNode_disposeWeakPtr(NodePointers node);

    [LibraryImport(Library)]
    private static partial void THSAutograd_CSharpNode_setNextEdges(
        NodePointers node,
        TensorArray variables,
        byte isExecutable
    );

    [LibraryImport(Library)]
    private static partial void THSAutograd_Function_wrapOutputs(
        TensorArray variables,
        TensorArray nonDifferentiable,
        TensorArray dirty,
        TensorArray outputs,
        NodePointers node,
        nint allocator
    );

    [LibraryImport(Library)]
    private static partial nint THSAutograd_SavedVariable_ctor(nint variable, NodePointers node, byte isInPlaceOnView);

    [LibraryImport(Library)]
    private static partial void THSAutograd_SavedVariable_dispose(nint saved);

    [LibraryImport(Library)]
    private static partial nint THSAutograd_SavedVariable_unpack(nint saved, NodePointers node);

    /// <summary>
    /// What a derivative is given and what it returns. Handles are borrowed; those that it returns become libtorch's.
    /// </summary>
    internal readonly ref struct Pass(nint* gradients, nint* saved, nint* results, uint needed, object? state)
    {
        private readonly nint* _gradients = gradients,
            _saved = saved,
            _results = results;

        /// <summary>Whether the gradients are to be differentiated in turn.</summary>
        internal static bool IsDifferentiated => is_grad_enabled();

        internal object State { get; } = state!;

        /// <summary>The gradient that arrives at output i; none where nothing does.</summary>
        internal TensorView Gradient(int output) => new(_gradients[output]);

        internal TensorView Saved(int i) => new(_saved[i]);

        internal bool Needs(int input) => (needed & (1u << input)) != 0;

        /// <summary>Hands over the gradient of an input.</summary>
        internal void Return(int input, TensorView gradient) => _results[input] = gradient.Handle;

        /// <inheritdoc cref="Return(int, TensorView)"/>
        internal void Return(int input, Tensor gradient)
        {
            LibtorchImports.Check(LibtorchImports.aoti_torch_new_tensor_handle(gradient.Handle, out _results[input]));
            gradient.Dispose();
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct NodePointers
    {
        public nint Shared,
            Weak;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TensorArray
    {
        public nint* Array;
        public long Count;
    }
}

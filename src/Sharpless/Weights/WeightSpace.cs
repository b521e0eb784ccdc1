using System.Runtime.CompilerServices;
using Sharpless.Kernels;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Weights;

/// <summary>
/// All weights of a model as vectors. The optimizer owns the master weights w; the model computes at the point, a rounded copy that the ascent
/// of SAM moves to w + ε(w). w never moves but in the descent, so there is nothing to restore.
/// </summary>
/// <remarks>
/// One flat buffer each for w, the point and the gradient, in at most two segments: what the precision casts, and what stays float32.
/// The model's parameters are views of the point, and gradients arrive in views of the flat gradient. A parameter that is registered twice has one
/// place; one that requires no gradient has a place too, but no descent moves it. The model stays the caller's, and works on after the space was disposed.
/// </remarks>
public sealed partial class WeightSpace : IDisposable
{
    // Every parameter starts on a cache line, so that no two threads or vector loads share one across parameters.
    private const long Alignment = 32;

    private static readonly ConditionalWeakTable<Parameter, WeightSpace> Owners = [];

    private readonly List<WeightPlace> _places = [];
    private readonly List<WeightSegment> _segments = [];
    private readonly Dictionary<string, WeightSlot> _slots = [];

    /// <summary>Moves a model's parameters into weight space, with the values they have.</summary>
    /// <param name="model">Any module. Its parameters become views of the point; its buffers go to the device.</param>
    /// <param name="precision">Type of the point.</param>
    /// <param name="device">Where the weights live; the CPU unless given.</param>
    /// <param name="groups">Parameters with a learning rate, weight decay or radius of their own; none unless given.</param>
    /// <exception cref="ArgumentException">
    /// The model has no parameters, or one of a type that is not cast to float32 without loss; a group is empty, or two share a parameter.
    /// </exception>
    /// <exception cref="InvalidOperationException">A parameter lies in another space, or two parameters share memory.</exception>
    public WeightSpace(nn.Module model, Precision precision, Device? device = null, IReadOnlyList<WeightGroup>? groups = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        (Model, Precision) = (model, precision);
        List<(string Name, Parameter Parameter, nn.Module Owner)> parameters =
            [.. model.OwnedParameters().DistinctBy(item => item.Parameter, ReferenceEqualityComparer.Instance)];
        Require(parameters);
        Func<ParameterRole, bool>[] members = precision == Precision.BFloat16
            ? [role => role != ParameterRole.Normalization, role => role == ParameterRole.Normalization]
            : [_ => true];
        for (int segment = 0; segment < members.Length; segment++)
        {
            AddSegment([.. parameters.Where(item => members[segment](ParameterRoles.Of(item.Parameter, item.Owner)))], segment, scope, device);
        }

        Slots = [.. parameters.Select(item => _slots[item.Name])];
        SetGroups(groups ?? []);
        if (device is { type: not DeviceType.CPU })
        {
            foreach ((_, Tensor buffer) in model.Buffers()) Dispatcher.SetData(buffer, buffer.To(device));
        }

        foreach (WeightPlace place in _places) Owners.AddOrUpdate(place.Parameter, this);
    }

    /// <summary>The model whose weights these are.</summary>
    public nn.Module Model { get; }

    /// <summary>Type of the point.</summary>
    public Precision Precision { get; }

    /// <summary>The segments, at most two.</summary>
    public IReadOnlyList<WeightSegment> Segments => _segments;

    /// <summary>Where each parameter lies, in the order of the model.</summary>
    public IReadOnlyList<WeightSlot> Slots { get; }

    /// <summary>Number of weights.</summary>
    public long Count => Slots.Sum(slot => slot.Count);

    /// <summary>A parameter's view of the master weights. Owned by the caller.</summary>
    public Tensor MasterOf(WeightSlot slot)
    {
        ArgumentNullException.ThrowIfNull(slot);
        return slot.View(_segments[slot.Segment].Master);
    }

    /// <summary>A vector of zeros in this space: one flat Float32 tensor for each segment. Owned by the caller.</summary>
    public Tensor[] NewVector() => [.. _segments.Select(segment => zeros([segment.Master.NumberOfElements], ScalarType.Float32, segment.Master.device))];

    /// <summary>Sets the gradient to 0.</summary>
    public void ZeroGradient()
    {
        foreach (WeightSegment segment in _segments) segment.Gradient.fill_(0);
    }

    /// <summary>|g|, the L2 norm of the gradient over all live weights together, added up in float64. Not finite where the gradient is not.</summary>
    public double GradientNorm() => Math.Sqrt(_segments.Select((segment, i) => WeightPass.SquaredNorm(segment.Gradient, MaskArgument(i))).Sum());

    /// <summary>Ascent: the point becomes w + scale * g, where w is live. w keeps its bits.</summary>
    public void Ascend(double scale)
    {
        for (int i = 0; i < _segments.Count; i++)
        {
            WeightSegment segment = _segments[i];
            WeightPass.Ascend(segment.Master, segment.Gradient, scale, MaskArgument(i), segment.Point);
        }
    }

    /// <summary>The point becomes w, after w was changed or the point moved away.</summary>
    public void ReturnToMaster()
    {
        foreach (WeightSegment segment in _segments) WeightPass.CopyToPoint(segment.Master, segment.Point);
    }

    /// <summary>Whether no descent moves a parameter, since it requires no gradient at present.</summary>
    public bool IsFrozen(WeightSlot slot)
    {
        ArgumentNullException.ThrowIfNull(slot);
        return !_places.Find(place => place.Slot == slot)!.Parameter.requires_grad;
    }

    /// <summary>
    /// Values that were put into the model's parameters from outside, loaded or drawn, become the master weights. Every step begins with it. At a
    /// bfloat16 point they are what the parameter could hold, which is rounded.
    /// </summary>
    /// <exception cref="InvalidOperationException">The model was cast or moved since, so that its parameters lie elsewhere.</exception>
    public void TakeInChanges()
    {
        bool isChanged = false;
        foreach (WeightPlace place in _places) isChanged |= place.TakeIn(_segments[place.Slot.Segment].Master);
        if (isChanged && _mask.Count > 0) ApplyMask();
    }

    /// <summary>Which parameters are frozen at present, in the order of <see cref="Slots"/>.</summary>
    internal bool[] Frozen() => [.. Slots.Select(slot => !_places.Find(place => place.Slot == slot)!.Parameter.requires_grad)];

    /// <summary>Frees the vectors. The model keeps the point where it stands, in its own type.</summary>
    public void Dispose()
    {
        ClearMask();
        foreach (WeightPlace place in _places.Where(place => Owners.TryGetValue(place.Parameter, out WeightSpace? owner) && owner == this))
        {
            Owners.Remove(place.Parameter);
        }

        foreach (WeightSegment segment in _segments)
        {
            segment.Master.Dispose();
            segment.Point.Dispose();
            segment.Gradient.Dispose();
        }
    }

    private static void Require(List<(string Name, Parameter Parameter, nn.Module Owner)> parameters)
    {
        if (parameters.Count == 0) throw new ArgumentException("The model has no parameters.", nameof(parameters));
        Dictionary<nint, string> places = [];
        foreach ((string name, Parameter parameter, _) in parameters)
        {
            if (parameter.dtype is not (ScalarType.Float32 or ScalarType.BFloat16 or ScalarType.Float16))
            {
                throw new ArgumentException($"The parameter '{name}' is {parameter.Text}; expected Float32, BFloat16 or Float16. Cast the model first.", nameof(parameters));
            }

            if (Owners.TryGetValue(parameter, out _))
            {
                throw new InvalidOperationException($"The parameter '{name}' lies in another weight space. Use that one, or dispose it first.");
            }

            if (parameter.NumberOfElements == 0 || parameter.device_type != DeviceType.CPU) continue;
            if (!places.TryAdd(((TensorView)parameter).Address, name))
            {
                throw new InvalidOperationException(
                    $"The parameters '{places[((TensorView)parameter).Address]}' and '{name}' share memory, but are two. Register one and the same Parameter under both names.");
            }
        }
    }

    private void AddSegment(List<(string Name, Parameter Parameter, nn.Module Owner)> parameters, int index, DisposeScope scope, Device? device)
    {
        long length = 0;
        foreach ((string name, Parameter parameter, nn.Module owner) in parameters)
        {
            long[] shape = parameter.shape;
            _slots.Add(name, new WeightSlot(name, ParameterRoles.Of(parameter, owner), index, length, shape, FlatStrides(shape, Precision.Layout())));
            length += (parameter.NumberOfElements + Alignment - 1) / Alignment * Alignment;
        }

        ScalarType pointType = Precision == Precision.BFloat16 && index == 0 ? ScalarType.BFloat16 : ScalarType.Float32;
        var segment = new WeightSegment(
            scope.MoveToOuter(zeros([length], ScalarType.Float32, device)),
            scope.MoveToOuter(zeros([length], pointType, device)),
            scope.MoveToOuter(zeros([length], pointType, device)));
        _segments.Add(segment);
        foreach ((string name, Parameter parameter, _) in parameters)
        {
            WeightSlot slot = _slots[name];
            slot.View(segment.Master).copy_(parameter);
            parameter.grad = null;
            Dispatcher.SetData(parameter, slot.View(segment.Point));
            parameter.grad = slot.View(segment.Gradient);
        }

        WeightPass.CopyToPoint(segment.Master, segment.Point);
        _places.AddRange(parameters.Select(item => new WeightPlace(_slots[item.Name], item.Parameter)));
    }

    // Channels last only means something for convolution weights [O, I, kh, kw]; all else is row-major.
    private static long[] FlatStrides(long[] shape, memory_format layout)
    {
        if (layout == memory_format.channels_last && shape is [_, long inputs, long height, long width]) return [height * width * inputs, 1, width * inputs, inputs];
        var strides = new long[shape.Length];
        long step = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = step;
            step *= shape[i];
        }

        return strides;
    }
}

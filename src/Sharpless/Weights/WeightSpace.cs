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
/// The model's parameters are views of the point, and gradients arrive in views of the flat gradient.
/// </remarks>
public sealed partial class WeightSpace : IDisposable
{
    // Every parameter starts on a cache line, so that no two threads or vector loads share one across parameters.
    private const long Alignment = 32;


    private readonly List<Tensor> _views = [];
    private readonly List<WeightSegment> _segments = [];
    private readonly Dictionary<string, WeightSlot> _slots = [];

    /// <summary>Moves a model's parameters into weight space, with the values they have.</summary>
    /// <param name="model">Its parameters become views of the point.</param>
    /// <param name="precision">Type of the point.</param>
    /// <param name="device">Where the weights live.</param>
    public WeightSpace(Module model, Precision precision, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Precision = precision;
        List<(string Name, Parameter Parameter)> parameters = [.. model.Parameters()];
        Func<Parameter, bool>[] members = precision == Precision.BFloat16
            ? [parameter => parameter.Role != ParameterRole.Normalization, parameter => parameter.Role == ParameterRole.Normalization]
            : [_ => true];
        for (int segment = 0; segment < members.Length; segment++)
        {
            AddSegment([.. parameters.Where(item => members[segment](item.Parameter))], segment, scope, device);
        }

        Slots = [.. parameters.Select(item => _slots[item.Name])];
    }

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

    /// <summary>Frees the vectors. The model cannot be used afterwards.</summary>
    public void Dispose()
    {
        ClearMask();
        foreach (Tensor view in _views) view.Dispose();
        foreach (WeightSegment segment in _segments)
        {
            segment.Master.Dispose();
            segment.Point.Dispose();
            segment.Gradient.Dispose();
        }
    }

    private void AddSegment(List<(string Name, Parameter Parameter)> parameters, int index, DisposeScope scope, Device? device)
    {
        long length = 0;
        foreach ((string name, Parameter parameter) in parameters)
        {
            long[] shape = parameter.Value.shape;
            _slots.Add(name, new WeightSlot(name, parameter.Role, index, length, shape, FlatStrides(shape, Precision.Layout())));
            length += (parameter.Value.NumberOfElements + Alignment - 1) / Alignment * Alignment;
        }

        ScalarType pointType = Precision == Precision.BFloat16 && index == 0 ? ScalarType.BFloat16 : ScalarType.Float32;
        var segment = new WeightSegment(
            scope.MoveToOuter(zeros([length], ScalarType.Float32, device)),
            scope.MoveToOuter(zeros([length], pointType, device)),
            scope.MoveToOuter(zeros([length], pointType, device)));
        _segments.Add(segment);
        foreach ((string name, Parameter parameter) in parameters)
        {
            WeightSlot slot = _slots[name];
            slot.View(segment.Master).copy_(parameter.Value);
            Tensor point = scope.MoveToOuter(slot.View(segment.Point).detach());
            point.requires_grad = true;
            point.grad = slot.View(segment.Gradient).detach();
            parameter.Value.Dispose();
            parameter.Value = point;
            _views.Add(point);
        }

        WeightPass.CopyToPoint(segment.Master, segment.Point);
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

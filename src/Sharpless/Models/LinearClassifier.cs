using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Models;

/// <summary>
/// A linear function of the pixels, without a bias. For two classes it has one output z and returns [0, z]; for more, one output each (the published
/// code puts as many zeros before them). On the command line: <c>linear</c>.
/// </summary>
/// <remarks>Tap: input, the pixels themselves.</remarks>
public sealed class LinearClassifier : Classifier
{
    private readonly Linear _linear;
    private readonly double _initialNorm;
    private readonly bool _hasOneLogit;

    /// <summary>A classifier with weights that are not initialised.</summary>
    /// <param name="shape">Images and classes; it has no width.</param>
    /// <param name="initialNorm">L2 norm of the first weights; 0 starts from zero.</param>
    public LinearClassifier(ModelShape shape, double initialNorm)
    {
        ArgumentNullException.ThrowIfNull(shape);
        _initialNorm = initialNorm;
        _hasOneLogit = shape.Classes == 2;
        _linear = this.Register("linear", new Linear((long)shape.Channels * shape.Height * shape.ImageWidth, _hasOneLogit ? 1 : shape.Classes, bias: false));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Taps { get; } = ["input"];

    /// <inheritdoc/>
    public override Tensor forward(Tensor images, TapRecorder? taps)
    {
        ArgumentNullException.ThrowIfNull(images);
        Tensor pixels = images.flatten(1);
        if (taps?.Record("input", pixels) == true) return pixels;
        Tensor logits = _linear.forward(pixels).To(ScalarType.Float32);
        return _hasOneLogit ? cat([logits * 0, logits], 1) : logits;
    }

    /// <summary>A normally distributed direction, scaled to the norm that was asked for.</summary>
    public override void Initialize(Generator generator)
    {
        using IDisposable off = no_grad();
        using var scope = NewDisposeScope();
        Tensor weight = _linear.Weight;
        weight.normal_(0, 1, generator);
        if (_initialNorm == 0) weight.fill_(0);                             // the product would leave zeros with a sign
        else weight.copy_(weight * (_initialNorm / Math.Sqrt((weight * weight).sum().Item())));
    }
}

using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Models;

/// <summary>What every image classifier offers: logits, and named taps that can be read in the same forward pass.</summary>
public abstract class Classifier : Layer
{
    /// <summary>Names of the taps, from the input to the output.</summary>
    public abstract IReadOnlyList<string> Taps { get; }

    /// <summary>
    /// Taps beside <see cref="Taps"/>: the output of every ReLU, from the first to the last, for penalties on activations. Empty where the model does not offer them.
    /// </summary>
    public virtual IReadOnlyList<string> ReluTaps => [];

    /// <summary>Channels that pruning may take away together with what belongs to them. Empty where the model does not say.</summary>
    public virtual IReadOnlyList<ChannelGroup> ChannelGroups => [];

    /// <summary>Logits of a batch of images, [B, C, H, W] to [B, K].</summary>
    public sealed override Tensor forward(Tensor images) => forward(images, null);

    /// <summary>Logits of a batch of images.</summary>
    /// <param name="images">[B, C, H, W], of the type and the layout of the model's weights.</param>
    /// <param name="taps">Receives the activations it wants; null for none.</param>
    /// <returns>[B, K] Float32; the activation at the last tap instead, where the recorder ends the pass there.</returns>
    public abstract Tensor forward(Tensor images, TapRecorder? taps);

    /// <summary>
    /// Activations of a batch, from a pass that ends at the last of the taps: what comes after it, the head above all, need not take the images.
    /// </summary>
    /// <param name="images">[B, C, H, W], of any size that the layers up to the last tap take.</param>
    /// <param name="taps">One or more names of <see cref="Taps"/> or <see cref="ReluTaps"/>.</param>
    /// <returns>By tap, first dimension B. They belong to the scope of the caller.</returns>
    internal IReadOnlyDictionary<string, Tensor> Activations(Tensor images, IReadOnlyCollection<string> taps)
    {
        var recorder = new TapRecorder([.. taps.Distinct()]) { EndsPass = true };
        _ = forward(images, recorder);
        return recorder.Activations;
    }

    /// <summary>
    /// Draws the first weights as the published code does for this model: for most, convolutions by <see cref="Initialization.KaimingNormalFanOut"/>
    /// and linear layers by <see cref="Initialization.UniformFanIn"/>, every bias 0.
    /// </summary>
    public virtual void Initialize(Generator generator)
    {
        foreach (nn.Module module in this.All())
        {
            if (module is Convolution convolution) Initialization.KaimingNormalFanOut(convolution, generator);
            if (module is Linear linear) Initialization.UniformFanIn(linear, generator);
        }
    }

    /// <summary>Refuses taps that the model does not have.</summary>
    /// <exception cref="UsageException">The first unknown one, with the known ones.</exception>
    public void RequireTaps(IReadOnlyList<string> taps)
    {
        ArgumentNullException.ThrowIfNull(taps);
        if (taps.FirstOrDefault(tap => !Taps.Contains(tap) && !ReluTaps.Contains(tap)) is string unknown)
        {
            throw new UsageException($"The model has no tap '{unknown}'.", $"It has {string.Join(", ", Taps.Concat(ReluTaps))}; name them with --taps.");
        }
    }
}

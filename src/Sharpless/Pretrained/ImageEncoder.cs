using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>
/// A published image network: vision transformer, hybrid or Mixer, with taps at every place of every block. Its tensors have the names and shapes of the
/// published npz files, and every part can be trained.
/// </summary>
/// <remarks>
/// Made by <see cref="Create"/> without memory for its weights: <see cref="Checkpoint.Load"/> or <see cref="Initialize"/> gives it some. Images are
/// [B, 3, R, R] with values from -1 to 1.
/// </remarks>
public abstract class ImageEncoder : CheckpointModule
{
    private protected ImageEncoder(EncoderForm form)
    {
        Form = form;
        Taps = [.. from layer in Enumerable.Range(1, form.Layers) from place in LayerTaps.Places select LayerTaps.Name(layer, place)];
    }

    /// <summary>What it is made of.</summary>
    public EncoderForm Form { get; }

    /// <summary>Names of the taps, [B, T, D] or [B, T, M] each, from the input to the output: see <see cref="LayerTaps"/>.</summary>
    public IReadOnlyList<string> Taps { get; }

    /// <summary>A network of a form.</summary>
    public static ImageEncoder Create(EncoderForm form)
    {
        ArgumentNullException.ThrowIfNull(form);
        return form.Kind == EncoderKind.Mixer ? new MixerEncoder(form) : new VitEncoder(form);
    }

    /// <summary>Runs the first blocks; the final normalization is not applied.</summary>
    /// <param name="images">[B, 3, R, R].</param>
    /// <param name="layers">Number of blocks to run, 0 for the embedded image.</param>
    /// <param name="taps">Receives the activations it wants; null for none.</param>
    /// <returns>[B, T, D].</returns>
    public Tensor Tokens(Tensor images, int layers, TapRecorder? taps = null)
    {
        RequireImages(images);
        ArgumentOutOfRangeException.ThrowIfNegative(layers);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(layers, Form.Layers);
        Tensor x = Embed(images);
        for (int layer = 1; layer <= layers; layer++) x = RunBlock(x, layer, taps);
        return x;
    }

    /// <summary>
    /// What the head reads: the class token after the final normalization; the mean of the patches where there is none or where the mean is what is normalized.
    /// </summary>
    /// <param name="tokens">[B, T, D], after all blocks.</param>
    /// <returns>[B, D].</returns>
    public Tensor Features(Tensor tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        // The normalization looks at each token by itself, so that of the class token alone is enough.
        if (!Form.ReadsMean) return FinalNorm.forward(tokens.select(1, 0));
        Tensor patches = Form.Prefix == 0 ? tokens : tokens.narrow(1, Form.Prefix, tokens.size(1) - Form.Prefix);
        return Form.NormalizesMean ? FinalNorm.forward(patches.mean([1])) : FinalNorm.forward(patches).mean([1]);
    }

    /// <summary>All blocks and <see cref="Features"/>.</summary>
    /// <inheritdoc cref="Tokens"/>
    /// <returns>[B, D].</returns>
    public Tensor Encode(Tensor images, TapRecorder? taps = null) => Features(Tokens(images, Form.Layers, taps));

    /// <summary>Logits of the head.</summary>
    /// <param name="features">[B, D], from <see cref="Features"/>.</param>
    /// <returns>[B, K].</returns>
    /// <exception cref="InvalidOperationException">The network has no head.</exception>
    public Tensor Logits(Tensor features)
    {
        if (Head is null) throw new InvalidOperationException("This network has no head (Classes is 0), so there are no logits.");
        return Head.forward(Representation?.forward(features).tanh() ?? features);
    }

    /// <summary>
    /// Draws the first weights as the published code does: kernels of convolutions and of the embedding from a truncated normal distribution of variance 1 / fan-in,
    /// positions from N(0, 0.02²), all other kernels Xavier uniform, the biases of the MLPs from N(0, 1e-12), the rest 0 or, of scales, 1.
    /// </summary>
    /// <param name="generator">Where the numbers come from.</param>
    public void Initialize(Generator generator)
    {
        ArgumentNullException.ThrowIfNull(generator);
        DrawAll(generator);
    }

    private protected abstract IReadOnlyList<EncoderBlock> Blocks { get; }

    private protected abstract LayerNorm FinalNorm { get; }

    private protected Dense? Representation { get; init; }

    private protected Dense? Head { get; init; }

    private protected abstract Tensor Embed(Tensor images);

    // The temporaries of a block end with it: the next one finds their memory in the cache.
    private Tensor RunBlock(Tensor x, int layer, TapRecorder? taps)
    {
        using var scope = NewDisposeScope();
        Tensor output = Blocks[layer - 1].forward(x, new LayerRecorder(taps, layer));
        taps?.KeepFrom(scope);
        return scope.MoveToOuter(output);
    }

    private void RequireImages(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.shape is not [_, 3, long height, long width] || height != Form.ImageSize || width != Form.ImageSize)
        {
            throw new ArgumentException($"The network expects images [B, 3, {Form.ImageSize}, {Form.ImageSize}]; given is {images.Text}.", nameof(images));
        }
    }
}

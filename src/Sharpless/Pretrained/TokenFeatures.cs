using Sharpless.Kernels;
using Sharpless.Models;
using Sharpless.Torch;

namespace Sharpless.Pretrained;

/// <summary>Reads the features of images at the taps that are asked for: one vector for each image and tap.</summary>
internal sealed class TokenFeatures
{
    private readonly EncoderForm _form;
    private readonly PretrainedRankOptions _options;
    private readonly bool _averages;
    private readonly int _token;

    internal TokenFeatures(EncoderForm form, PretrainedRankOptions options)
    {
        (_form, _options) = (form, options);
        // The published program takes the first token of every network; of a Mixer that is its upper left corner.
        _averages = options.AveragesTokens ?? (form.ReadsMean && !options.IsAsPublished && options.Token is null);
        _token = options.Token ?? 0;
    }

    /// <summary>What is read of the tokens, in words.</summary>
    internal string Description => !_averages ? $"token {_token}" : _form.Registers > 0 ? "mean of all tokens but the registers" : "mean of all tokens";

    /// <summary>Names of the taps and their number of features, in the order of the computation.</summary>
    internal IReadOnlyList<(string Tap, int Dimensions)> Taps =>
        [.. from layer in _options.LayersOf(_form) from place in LayerTaps.Places where _options.Places.Contains(place) select (LayerTaps.Name(layer, place), DimensionsOf(place))];

    /// <summary>A recorder for one pass.</summary>
    internal TapRecorder NewRecorder() => new([.. _options.LayersOf(_form).SelectMany(Recorded)], Reduce);

    /// <summary>The features that a pass recorded: [B, P] by tap.</summary>
    internal IReadOnlyDictionary<string, Tensor> Of(TapRecorder recorder)
    {
        if (!_options.IsAsPublished) return recorder.Activations;
        var features = new Dictionary<string, Tensor>();
        foreach (int layer in _options.LayersOf(_form))
        {
            foreach (string place in _options.Places) features[LayerTaps.Name(layer, place)] = Published(layer, place, recorder.Activations);
        }

        return features;
    }

    private IEnumerable<string> Recorded(int layer) =>
        from place in _options.IsAsPublished ? [LayerTaps.Input, LayerTaps.Preactivation, LayerTaps.Mlp, LayerTaps.Output] : _options.Places select LayerTaps.Name(layer, place);

    // Four activations are kept, of a Mixer the same one four times; the rest is made of what is left of them.
    private Tensor Published(int layer, string place, IReadOnlyDictionary<string, Tensor> kept)
    {
        return place switch
        {
            LayerTaps.Activation => Fused.Gelu(Kept(LayerTaps.Preactivation), byTanh: true),
            LayerTaps.MlpInput => Kept(LayerTaps.Output) - Kept(LayerTaps.Mlp),
            LayerTaps.Attention => Kept(LayerTaps.Output) - Kept(LayerTaps.Mlp) - Kept(LayerTaps.Input),
            _ => Kept(place),
        };

        Tensor Kept(string name) => kept[LayerTaps.Name(layer, _form.Kind == EncoderKind.Mixer ? LayerTaps.Output : name)];
    }

    private Tensor Reduce(Tensor tokens) => (_averages ? WithoutRegisters(tokens.To(ScalarType.Float32)).mean([1]) : tokens.select(1, _token)).To(ScalarType.Float32);

    // They belong to no place of the image.
    private Tensor WithoutRegisters(Tensor tokens)
    {
        if (_form.Registers == 0) return tokens;
        Tensor patches = tokens.narrow(1, _form.Prefix, tokens.size(1) - _form.Prefix);
        return _form.HasClassToken ? cat([tokens.narrow(1, 0, 1), patches], 1) : patches;
    }

    private int DimensionsOf(string place) =>
        place is LayerTaps.Preactivation or LayerTaps.Activation && !(_options.IsAsPublished && _form.Kind == EncoderKind.Mixer) ? _form.Hidden : _form.Width;
}

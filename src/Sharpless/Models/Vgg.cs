using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Models;

/// <summary>
/// VGG-16 for small images (arXiv:1409.1556): thirteen 3x3 convolutions with bias in five stages of widths w, 2w, 4w, 8w, 8w, each followed by
/// ReLU and each stage by the maximum over 2x2 windows, then two hidden linear layers of 8w units and the head. No normalization, no dropout.
/// </summary>
/// <remarks>
/// Taps: block1 to block5 are the pooled stages, block6 and block7 the hidden layers after ReLU; relu1 to relu15 are all ReLUs. The first linear
/// layer is sized from the image; a map of one row or column is pooled no further.
/// </remarks>
public sealed class Vgg : Classifier
{
    private const int HiddenLayers = 2;
    private static readonly (int Convolutions, int Widening)[] Stages = [(2, 1), (2, 2), (3, 4), (3, 8), (3, 8)];
    // Convolutions, ReLUs and poolings.
    private static readonly int PlacesOfFeatures = Stages.Sum(stage => (2 * stage.Convolutions) + 1);
    private readonly List<List<(string Name, Convolution Layer)>> _stages = [];
    private readonly List<int> _windows = [];
    private readonly List<(string Name, Linear Layer)> _linears = [];

    /// <summary>A network with weights that are not initialised.</summary>
    /// <param name="shape">Images, classes and w (64 in the paper).</param>
    /// <param name="given">Weights that it is to be loaded with: they decide how many channels are left.</param>
    public Vgg(ModelShape shape, GivenShapes given)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(given);
        int inputs = shape.Channels, height = shape.Height, width = shape.ImageWidth, place = 0;
        foreach ((int convolutions, int widening) in Stages)
        {
            List<(string, Convolution)> members = [];
            for (int i = 0; i < convolutions; i++, place += 2)                   // in PyTorch's sequence a ReLU stands between two convolutions,
            {
                string name = $"features.{place}";
                // The last convolution is read through the flattened map, several inputs for each channel.
                int next = i + 1 < convolutions ? place + 2 : place + 3;
                string[] readers = next < PlacesOfFeatures ? [$"features.{next}"] : [];
                int outputs = given.Outputs(name, widening * shape.Width, norm: null, readers);
                members.Add((name, this.Register(name, new Convolution(inputs, outputs, 3, 1, 1))));
                inputs = outputs;
            }

            place++;                                                             // and a pooling between two stages
            int window = Math.Min(2, Math.Min(height, width));
            (height, width) = (height / window, width / window);
            _stages.Add(members);
            _windows.Add(window);
        }

        long features = (long)inputs * height * width;
        for (int layer = 0; layer <= HiddenLayers; layer++)
        {
            string name = $"classifier.{2 * layer}";
            int outputs = layer == HiddenLayers ? shape.Classes : given.Outputs(name, 8 * shape.Width, norm: null, $"classifier.{2 * (layer + 1)}");
            _linears.Add((name, this.Register(name, new Linear(features, outputs))));
            features = outputs;
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Taps { get; } = [.. Enumerable.Range(1, Stages.Length + HiddenLayers).Select(block => $"block{block}")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> ReluTaps { get; } = [.. Enumerable.Range(1, Stages.Sum(stage => stage.Convolutions) + HiddenLayers).Select(relu => $"relu{relu}")];

    /// <summary>Every layer but the head: each is read by the next one only.</summary>
    public override IReadOnlyList<ChannelGroup> ChannelGroups
    {
        get
        {
            string[] layers = [.. _stages.SelectMany(stage => stage).Select(item => item.Name), .. _linears.Select(item => item.Name)];
            return [.. layers.Zip(layers.Skip(1), (producer, consumer) => new ChannelGroup(producer, null, [consumer]))];
        }
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor images, TapRecorder? taps)
    {
        Tensor x = images;
        int relu = 0;
        for (int stage = 0; stage < _stages.Count; stage++)
        {
            foreach ((_, Convolution layer) in _stages[stage])
            {
                x = layer.forward(x).relu();
                if (taps?.Record(ReluTaps[relu++], x) == true) return x;
            }

            x = nn.functional.max_pool2d(x, _windows[stage]);
            if (taps?.Record(Taps[stage], x) == true) return x;
        }

        x = x.flatten(1);
        for (int layer = 0; layer < HiddenLayers; layer++)
        {
            x = _linears[layer].Layer.forward(x).relu();
            if (taps?.Record(ReluTaps[relu++], x) == true || taps?.Record(Taps[_stages.Count + layer], x) == true) return x;
        }

        return _linears[^1].Layer.forward(x).To(ScalarType.Float32);
    }
}

using Sharpless.Models;
using Sharpless.Torch;

namespace Sharpless.Pretrained;

/// <summary>Hands the activations of one block to a recorder, under the block's names.</summary>
/// <param name="taps">Null for nobody.</param>
/// <param name="layer">Number of the block, from 1.</param>
internal readonly struct LayerRecorder(TapRecorder? taps, int layer)
{
    /// <returns>The same tensor.</returns>
    internal Tensor Record(string place, Tensor activation)
    {
        taps?.Record(LayerTaps.Name(layer, place), activation);
        return activation;
    }
}

using Sharpless.Torch;

namespace Sharpless.Data.Captions;

/// <summary>Pictures and one caption for each. Owns its tensor: dispose it once the step is done.</summary>
/// <param name="Number">Step of the run, or number of the batch in an evaluation; counted from 0.</param>
/// <param name="Examples">B places in <see cref="CaptionSet.Pictures"/>.</param>
/// <param name="Pictures">[B, 3, H, W], Float32 in [0, 1], on the CPU.</param>
/// <param name="Captions">B texts, as they stand in the annotations.</param>
public sealed record CaptionBatch(long Number, IReadOnlyList<int> Examples, Tensor Pictures, IReadOnlyList<string> Captions) : IDisposable
{
    /// <summary>B: number of pairs.</summary>
    public int Count => Examples.Count;

    /// <summary>Frees the pictures.</summary>
    public void Dispose() => Pictures.Dispose();
}

namespace Sharpless.Models;

/// <summary>
/// Output channels that can leave a network without changing the others: the layer that produces them, what acts on each channel by itself, and
/// the layers that read them. Names are those of modules, as in <c>state_dict</c>.
/// </summary>
/// <param name="Producer">Convolution or linear layer whose outputs they are: the first dimension of its weight, and its bias.</param>
/// <param name="Norm">Batch norm over them, or null.</param>
/// <param name="Consumers">
/// Layers whose inputs they are: the second dimension of the weight. A linear layer behind flattened maps reads several inputs of each channel, one after another.
/// </param>
/// <param name="IsRemovable">Whether nothing else reads the channels, so that they can really go. Channels of a residual sum cannot: other layers add to them.</param>
public sealed record ChannelGroup(string Producer, string? Norm, IReadOnlyList<string> Consumers, bool IsRemovable = true);

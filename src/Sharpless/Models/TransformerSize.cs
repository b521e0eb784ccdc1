namespace Sharpless.Models;

/// <summary>Sizes that the vision transformers of arXiv:2305.16292 share: six blocks, sixteen heads of 64, hidden layers of twice the width of the tokens.</summary>
internal static class TransformerSize
{
    internal const int Blocks = 6;
    internal const int Heads = 16;
    internal const int HeadWidth = 64;
    internal const int HiddenPerWidth = 2;

    /// <summary>Taps of a transformer: the tokens after each block, and the features that the head reads.</summary>
    internal static IReadOnlyList<string> Taps { get; } = [.. Enumerable.Range(1, Blocks + 1).Select(block => $"block{block}")];
}

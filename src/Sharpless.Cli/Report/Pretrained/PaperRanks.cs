namespace Sharpless.Cli.Report.Pretrained;

/// <summary>
/// Ranks of the class token at the last block that arXiv:2305.16292 reports, as its readers remember them: the paper's table was not at hand, so these numbers are
/// shown beside ours and nothing is checked against them.
/// </summary>
internal static class PaperRanks
{
    private static readonly (string Network, int Standard, int Sam)[] Remembered = [("ViT-B_16", 680, 617), ("ViT-B_32", 672, 654), ("ViT-L_16", 903, 820), ("Mixer-B_16", 695, 620)];

    /// <summary>The number for a checkpoint, told by its published name; null where there is none.</summary>
    internal static int? Of(string model)
    {
        string network = NetworkOf(model);
        return Array.Find(Remembered, row => row.Network == network) is { Network: not null } row ? IsSam(model) ? row.Sam : row.Standard : null;
    }

    /// <summary>Whether the published name says that the network was trained with SAM.</summary>
    internal static bool IsSam(string model) => model.Split('/').Contains("sam");

    /// <summary>Name of the network, without its folder.</summary>
    internal static string NetworkOf(string model) => Path.GetFileNameWithoutExtension(model);
}

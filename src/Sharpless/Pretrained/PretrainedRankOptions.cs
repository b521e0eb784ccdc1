using Sharpless.Analysis;
using Sharpless.Data;
using Sharpless.Data.Pictures;

namespace Sharpless.Pretrained;

/// <summary>What of a published network is measured, and on which pictures.</summary>
public sealed record PretrainedRankOptions
{
    /// <summary>Blocks, counted from 1; -1 is the last. Empty for all. Default the last.</summary>
    public IReadOnlyList<int> Layers { get; init; } = [-1];

    /// <summary>Places in each of these blocks: some of <see cref="LayerTaps.Places"/>. Default all.</summary>
    public IReadOnlyList<string> Places { get; init; } = LayerTaps.Places;

    /// <summary>Whether the features of an image are the mean over its tokens; null: where the network has no class token.</summary>
    public bool? AveragesTokens { get; init; }

    /// <summary>The token that is taken where they are not averaged; null for the first one. 0 or more.</summary>
    public int? Token { get; init; }

    /// <summary>Images in a batch. Default 128.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Number of batches: with <see cref="BatchSize"/> it says how many images are looked at. Default 10.</summary>
    public int Batches { get; init; } = 10;

    /// <summary>How pictures of other proportions are brought to the network's size. Default squashed.</summary>
    public PictureFit Fit { get; init; }

    /// <summary>What is done to pixels in [0, 1]. Default: brought to [-1, 1], as all published networks of these families have it.</summary>
    public Normalization Normalization { get; init; } = new([0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f]);

    /// <summary>Whether the network takes blue before green and red, as networks that came from Caffe do. Default false.</summary>
    public bool TakesBlueFirst { get; init; }

    /// <summary>Whether pictures that cannot be decoded are left out and counted. Default false: the first one ends the run.</summary>
    public bool SkipsDamaged { get; init; }

    /// <summary>What is subtracted before the singular values are taken. Default the mean of each example, as published.</summary>
    public Centering Centering { get; init; } = Centering.Example;

    /// <summary>Whether the share of right answers is measured where the network has a head and the folders say the classes; it takes all blocks. Default true.</summary>
    public bool MeasuresAccuracy { get; init; } = true;

    /// <summary>
    /// Whether the faults of the published program are repeated: GELU after averaging instead of before, a Mixer's block output at every place and its first token
    /// unless averaged, and only whole batches. Default false.
    /// </summary>
    public bool IsAsPublished { get; init; }

    /// <summary>An npz file to write the features to, one float32 array [N, P] for each tap; null for none.</summary>
    public string? FeaturesFile { get; init; }

    /// <summary>Bytes of memory that spectra and features may take. Default half of what the reader of arrays would take.</summary>
    public long MemoryLimit { get; init; } = new Torch.Files.ArrayFileOptions().MemoryLimit / 2;

    /// <summary>What is wrong with the options by themselves.</summary>
    internal IEnumerable<string> Problems()
    {
        if (Layers.Any(layer => layer is 0 or < -1)) yield return $"--return-layer is {string.Join(",", Layers)}; blocks are counted from 1, and -1 is the last one.";
        if (Places.Count == 0 || Places.Except(LayerTaps.Places).Any()) yield return $"--taps is {string.Join(",", Places)}; known are {string.Join(", ", LayerTaps.Places)}.";
        if (Token < 0) yield return $"--token is {Token}; tokens are counted from 0.";
        if (Token is not null && AveragesTokens == true) yield return "--token does not go with --avg-tokens: the mean has no place.";
        foreach (string problem in Normalization.Problems(3)) yield return problem;
        if (BatchSize < 1) yield return $"--bs is {BatchSize}; a batch has at least one image.";
        if (Batches < 1) yield return $"--n-eval-batches is {Batches}; at least one is needed.";
    }

    /// <summary>What does not go with a network.</summary>
    internal IEnumerable<string> Problems(EncoderForm form)
    {
        if (Layers.Any(layer => layer > form.Layers)) yield return $"--return-layer is {string.Join(",", Layers)}, but the network has {form.Layers} blocks.";
        if (Token >= form.Tokens) yield return $"--token is {Token}, but the network has {form.Tokens} tokens, counted from 0.";
    }

    /// <summary>The blocks of a network that are meant, in ascending order.</summary>
    internal IReadOnlyList<int> LayersOf(EncoderForm form) =>
        Layers.Count == 0 ? [.. Enumerable.Range(1, form.Layers)] : [.. Layers.Select(layer => layer < 0 ? form.Layers : layer).Distinct().Order()];
}

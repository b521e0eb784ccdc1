using Sharpless.Weights;

namespace Sharpless.Models;

/// <summary>A model that the catalog knows: how it is built, and which images, widths and options it takes.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="DefaultWidth">Base width where none is given.</param>
/// <param name="Build">Makes it.</param>
internal sealed record CatalogEntry(string Name, int DefaultWidth, Func<ModelShape, ModelOptions, GivenShapes, Classifier> Build)
{
    /// <summary>Smallest height and width of an image.</summary>
    internal int SmallestImage { get; init; } = 1;

    /// <summary>What height and width of an image must be multiples of.</summary>
    internal int ImageStep { get; init; } = 1;

    /// <summary>Smallest base width.</summary>
    internal int SmallestWidth { get; init; } = 1;

    /// <summary>What the base width must be a multiple of.</summary>
    internal int WidthStep { get; init; } = 1;

    /// <summary>Widths whose networks have tensors of other names; one, unless a narrow network lacks some.</summary>
    internal IReadOnlyList<int> TellingWidths { get; init; } = [2];

    /// <summary>Whether it has pre-activation blocks, whose activation and dropout can be chosen.</summary>
    internal bool HasPreActivationBlocks { get; init; }

    /// <summary>Whether the norm of its first weights can be chosen.</summary>
    internal bool HasInitialNorm { get; init; }

    /// <summary>Our name of each tensor that the published network calls otherwise.</summary>
    internal IReadOnlyDictionary<string, string> PublishedNames { get; init; } = new Dictionary<string, string>();

    /// <summary>What it normalizes with.</summary>
    internal NormalizationKind Norm { get; init; }

    /// <summary>Whether training augments its images where the data set says so.</summary>
    internal bool IsAugmented { get; init; } = true;
}

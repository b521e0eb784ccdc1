namespace Sharpless.Data.Captions;

/// <summary>Captions as a file format keeps them.</summary>
internal interface ICaptionAnnotations
{
    /// <summary>Names of the splits, in ordinal order.</summary>
    IReadOnlyList<string> Splits { get; }

    /// <summary>The pictures of a split, in a fixed order; one or more, each with one caption or more.</summary>
    /// <param name="split">One of <see cref="Splits"/>.</param>
    /// <param name="passedOver">Told what is passed over: captions that are null.</param>
    /// <exception cref="InvalidDataException">The file is damaged or contradicts itself.</exception>
    IReadOnlyList<StoredCaptions> Read(string split, ICollection<string> passedOver);
}

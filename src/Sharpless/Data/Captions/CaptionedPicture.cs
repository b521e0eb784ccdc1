namespace Sharpless.Data.Captions;

/// <summary>A picture and the texts that describe it.</summary>
/// <param name="Id">Its number or name in the annotations.</param>
/// <param name="Path">The picture's file.</param>
/// <param name="Captions">One or more, in the order of the annotations.</param>
public sealed record CaptionedPicture(string Id, string Path, IReadOnlyList<string> Captions);

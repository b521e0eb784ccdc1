namespace Sharpless.Data.Captions;

/// <summary>A picture as annotations name it.</summary>
/// <param name="Id">Its number or name.</param>
/// <param name="FileName">Relative to a folder of pictures; never leads out of it.</param>
/// <param name="Captions">Its captions.</param>
internal sealed record StoredCaptions(string Id, string FileName, IReadOnlyList<string> Captions);

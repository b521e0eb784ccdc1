namespace Sharpless.Torch.Files;

/// <summary>What the elements of an array are that cannot be read.</summary>
/// <param name="What">With the type as the file names it: <c>complex numbers ('&lt;c8')</c>.</param>
/// <param name="Refusal">The error when they are read, with file and array.</param>
internal sealed record ForeignType(string What, string Refusal);

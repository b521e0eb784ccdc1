namespace Sharpless.Data.Sources;

/// <summary>A file of a published data set. Size and checksum are of its content, so they hold whoever compressed it and however.</summary>
/// <param name="Name">File name, without the ending <c>.gz</c> that it may have on disk.</param>
/// <param name="Bytes">Size of the content.</param>
/// <param name="Sha256">SHA-256 of the content, 64 lower-case hexadecimal digits.</param>
internal sealed record KnownFile(string Name, long Bytes, string Sha256);

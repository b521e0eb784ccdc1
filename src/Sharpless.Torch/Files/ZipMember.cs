namespace Sharpless.Torch.Files;

/// <summary>One member of a zip archive, as its central directory describes it.</summary>
/// <param name="Name">Name with its folder.</param>
/// <param name="IsDeflated">Compressed with deflate; otherwise stored as it is.</param>
/// <param name="Crc">CRC-32 of the uncompressed bytes.</param>
/// <param name="CompressedLength">Bytes in the archive.</param>
/// <param name="Length">Bytes after decompression, as the archive claims.</param>
/// <param name="HeaderOffset">Offset of the local header.</param>
/// <param name="DataOffset">Offset of the first byte of data.</param>
internal sealed record ZipMember(
    string Name, bool IsDeflated, uint Crc, long CompressedLength, long Length, long HeaderOffset, long DataOffset);

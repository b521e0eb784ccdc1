namespace Sharpless.Torch.Files;

/// <summary>Facts about deflate, the compression of zip and gzip.</summary>
internal static class Deflate
{
    /// <summary>No more than this many times its size can come out: at best two bits make 258 bytes.</summary>
    public const long GreatestRatio = 1032;
}

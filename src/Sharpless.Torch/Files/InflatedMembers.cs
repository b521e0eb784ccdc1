namespace Sharpless.Torch.Files;

/// <summary>Decompressed members of one archive, together never more than the memory limit: the oldest make room.</summary>
/// <param name="limit">Bytes. Each single member is known to fit.</param>
internal sealed class InflatedMembers(long limit)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ZipMemberSource, ChunkedSource> _inflated = [];
    private readonly Queue<ZipMemberSource> _oldestFirst = [];
    private long _used;

    /// <summary>The member's bytes, decompressed now if they are not there.</summary>
    public ChunkedSource Get(ZipMemberSource member)
    {
        lock (_lock)
        {
            if (_inflated.TryGetValue(member, out ChunkedSource? bytes)) return bytes;
            while (_oldestFirst.Count > 0 && _used + member.Length > limit)
            {
                ZipMemberSource oldest = _oldestFirst.Dequeue();
                _inflated.Remove(oldest);
                _used -= oldest.Length;
            }
            bytes = member.Inflate();
            _inflated.Add(member, bytes);
            _oldestFirst.Enqueue(member);
            _used += member.Length;
            return bytes;
        }
    }
}

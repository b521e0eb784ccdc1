using Sharpless.Torch.Files;

namespace Sharpless.Torch.Tests.Files;

public sealed class LargeFileTests : IDisposable
{
    private const long Rows = 3_000_000, Columns = 1_000;
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}");

    public void Dispose() => File.Delete(_path);

    // A file with a hole: three gigabytes to the reader, a few kilobytes on the disk.
    private void Write(byte[] header, long lastByte)
    {
        using FileStream file = File.Create(_path);
        file.Write(header);
        file.SetLength(header.Length + Rows * Columns);
        file.Position = header.Length + lastByte;
        file.WriteByte(7);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_last_row_of_an_npy_file_beyond_2_GB_is_read_without_the_others(bool fortranOrder)
    {
        Write(RawFiles.Npy($"{{'descr': '|u1', 'fortran_order': {(fortranOrder ? "True" : "False")}, 'shape': ({Rows}, {Columns})}}", []), Rows * Columns - 1);
        AssertLastElement();
    }

    [Fact]
    public void The_last_row_of_a_safetensors_file_beyond_2_GB_is_read_without_the_others()
    {
        Write(RawFiles.Safetensors($"{{\"a\":{{\"dtype\":\"U8\",\"shape\":[{Rows},{Columns}],\"data_offsets\":[0,{Rows * Columns}]}}}}", []), Rows * Columns - 1);
        AssertLastElement();
    }

    private void AssertLastElement()
    {
        using ArrayFile file = ArrayFile.Open(_path, new ArrayFileOptions { MemoryLimit = RawFiles.Megabyte });
        double[] row = new double[Columns];
        long before = GC.GetAllocatedBytesForCurrentThread();
        file[0].ReadRows(Rows - 1, 1, row);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 * RawFiles.Megabyte);
        Assert.Equal(7, row[^1]);
        Assert.Equal(7, row.Sum());
        Assert.Throws<InvalidDataException>(() => file[0].ToArray());
    }
}

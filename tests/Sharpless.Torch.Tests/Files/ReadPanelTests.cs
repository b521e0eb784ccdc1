using Sharpless.Torch.Files;

namespace Sharpless.Torch.Tests.Files;

/// <summary>Any block of any layout equals the same block cut out of the whole array.</summary>
public class ReadPanelTests
{
    private static readonly string[] Descrs = ["|i1", "<u2", ">u2", "<f2", "<f4", ">f4", ">i8", "<f8"];

    private static byte[] Write(long[] shape, string descr, bool fortranOrder, int seed)
    {
        var random = new Random(seed);
        byte[] data = new byte[shape.Aggregate(1L, (a, b) => a * b) * (descr[^1] - '0')];
        random.NextBytes(data);
        string dimensions = string.Concat(shape.Select(d => $"{d},"));
        return RawFiles.Npy($"{{'descr': '{descr}', 'fortran_order': {(fortranOrder ? "True" : "False")}, 'shape': ({dimensions})}}", data);
    }

    // The plainest way to find an element: from its indices to its position in the file, one at a time.
    private static double[] Whole(byte[] npy, long[] shape, string descr, bool fortranOrder)
    {
        byte[] stored = [.. npy];
        int size = descr[^1] - '0';
        long count = shape.Aggregate(1L, (a, b) => a * b);
        int start = npy.Length - (int)count * size;
        double[] values = new double[count];
        for (long flat = 0; flat < count; flat++)
        {
            long position = 0, rest = flat, stride = fortranOrder ? count : 1;
            for (int d = shape.Length - 1; d >= 0; d--)
            {
                long index = rest % shape[d];
                rest /= shape[d];
                if (fortranOrder) stride /= shape[d];
                position += index * stride;
                if (!fortranOrder) stride *= shape[d];
            }
            Span<byte> element = stored.AsSpan(start + (int)position * size, size);
            if (descr[0] == '>') element.Reverse();
            values[flat] = descr[1..] switch
            {
                "i1" => (sbyte)element[0],
                "u2" => BitConverter.ToUInt16(element),
                "f2" => (double)BitConverter.ToHalf(element),
                "f4" => BitConverter.ToSingle(element),
                "i8" => BitConverter.ToInt64(element),
                _ => BitConverter.ToDouble(element),
            };
        }
        return values;
    }

    [Theory]
    [InlineData(new long[] { 7, 5 })]
    [InlineData(new long[] { 4, 3, 2, 5 })]
    [InlineData(new long[] { 9 })]
    [InlineData(new long[] { 1, 11 })]
    public void A_panel_equals_the_same_block_of_the_whole(long[] shape) => AssertPanels(shape, Descrs);

    // The reader takes blocks of one megabyte: these have seams.
    [Theory]
    [InlineData(new long[] { 2, 140_000 })]
    [InlineData(new long[] { 140_000, 2 })]
    public void A_panel_longer_than_one_block_equals_the_same_block_of_the_whole(long[] shape) => AssertPanels(shape, [">f8"]);

    private static void AssertPanels(long[] shape, string[] descrs)
    {
        foreach (string descr in descrs)
            foreach (bool fortranOrder in (bool[])[false, true])
                foreach (bool zipped in (bool[])[false, true])
                {
                    const int seed = 5;
                    byte[] npy = Write(shape, descr, fortranOrder, seed);
                    double[] whole = Whole(npy, shape, descr, fortranOrder);
                    byte[] bytes = zipped ? RawZip.Write(new RawMember("a.npy", npy) { Deflated = fortranOrder }) : npy;
                    using ArrayFile file = RawFiles.Open(bytes, memoryLimit: 100 * RawFiles.Megabyte);
                    AssertPanels(file[0], whole, new Random(seed), $"{descr}, Fortran order {fortranOrder}, zipped {zipped}, seed {seed}");
                }
    }

    private static void AssertPanels(StoredArray array, double[] whole, Random random, string layout)
    {
        for (int trial = 0; trial < 8; trial++)
        {
            long firstRow = trial == 0 ? 0 : random.NextInt64(array.Rows), firstColumn = trial == 0 ? 0 : random.NextInt64(array.Columns);
            long rows = trial == 0 ? array.Rows : random.NextInt64(array.Rows - firstRow + 1);
            long columns = trial == 0 ? array.Columns : random.NextInt64(array.Columns - firstColumn + 1);
            double[] panel = new double[rows * columns];
            float[] single = new float[rows * columns];
            array.ReadPanel(firstRow, rows, firstColumn, columns, panel);
            array.ReadPanel(firstRow, rows, firstColumn, columns, single);
            for (long i = 0; i < panel.Length; i++)
            {
                double expected = whole[(firstRow + i / columns) * array.Columns + firstColumn + i % columns];
                if (!expected.Equals(panel[i]) || !((float)expected).Equals(single[i]))
                    Assert.Fail($"{layout}: panel at {firstRow}, {firstColumn} of {rows} x {columns}, element {i}: {panel[i]} and {single[i]} instead of {expected}.");
            }
        }
    }

    [Fact]
    public void Blocks_outside_the_array_and_destinations_of_another_size_are_refused()
    {
        using ArrayFile file = RawFiles.Open(RawFiles.Npy("<f4", "(2, 3)", new byte[24]));
        StoredArray array = file[0];
        Assert.Throws<ArgumentOutOfRangeException>(() => array.ReadPanel(1, 2, 0, 3, new double[6]));
        Assert.Throws<ArgumentOutOfRangeException>(() => array.ReadPanel(0, 1, 1, 3, new double[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => array.ReadPanel(-1, 1, 0, 3, new double[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => array.ReadPanel(long.MaxValue, 1, 0, 3, new double[3]));
        Assert.Throws<ArgumentException>(() => array.ReadRows(0, 2, new double[5]));
        Assert.Throws<ArgumentException>(() => array.ReadRowBytes(0, 2, new byte[25]));
    }
}

using System.Diagnostics;
using Sharpless.Torch.Pictures;

namespace Sharpless.Torch.Tests.Pictures;

public sealed class PictureMemoryTests
{
    // Each round takes about 2 MiB from Skia: a surface and a file. Nobody collects garbage meanwhile, so that nothing but
    // disposing gives them back; 50 rounds without it would leave 100 MiB behind.
    [Fact]
    public void What_Skia_takes_is_given_back_at_once()
    {
        const int side = 512, rounds = 50;
        byte[] drawing = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><circle cx="2" cy="2" r="2" fill="#f80"/></svg>"""u8.ToArray();
        var noise = new byte[side * side * 3];
        new Random(1).NextBytes(noise);
        Round();
        Assert.True(GC.TryStartNoGCRegion(240L << 20));
        try
        {
            Round();
            // Managed memory is new each round and stays until the end.
            long before = Used();
            for (int i = 0; i < rounds; i++) Round();
            Assert.InRange((Used() - before) >> 20, -40, 40);
        }
        finally
        {
            GC.EndNoGCRegion();
        }

        void Round()
        {
            Svg.Draw(drawing, side, side, "a.svg");
            PictureFile.Decode(PictureFile.EncodePng(noise, side, side), "a.png");
        }

        static long Used()
        {
            using var process = Process.GetCurrentProcess();
            return process.WorkingSet64 - GC.GetTotalMemory(forceFullCollection: false);
        }
    }
}

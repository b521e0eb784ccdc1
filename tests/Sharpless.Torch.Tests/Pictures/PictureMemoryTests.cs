using Sharpless.Tests;
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
            long before = NativeHeap.InUse;
            for (int i = 0; i < rounds; i++) Round();
            Assert.InRange((NativeHeap.InUse - before) >> 20, -10, 10);
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
    }
}

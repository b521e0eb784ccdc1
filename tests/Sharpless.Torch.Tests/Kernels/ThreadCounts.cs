namespace Sharpless.Torch.Tests.Kernels;

/// <summary>A promise of our kernels, which libtorch's do not make: no bit depends on the number of threads.</summary>
internal static class ThreadCounts
{
    /// <summary>Runs with one thread and with three, and compares all numbers.</summary>
    public static void AssertSame(Func<IReadOnlyList<double[]>> run)
    {
        int before = Runtime.Threads;
        try
        {
            Runtime.Threads = 1;
            IReadOnlyList<double[]> one = run();
            Runtime.Threads = 3;
            Assert.Equal(one, run());
        }
        finally
        {
            Runtime.Threads = before;
        }
    }
}

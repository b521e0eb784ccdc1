using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels.Tests;

/// <summary>A promise of the kernels, which libtorch does not make: no bit depends on the number of threads.</summary>
internal static class ThreadCounts
{
    /// <summary>Runs with one thread, with three and with three again, and compares all bytes.</summary>
    internal static void AssertSame(Func<Tensor[]> run)
    {
        int before = get_num_threads();
        try
        {
            string[][] results = [.. new[] { 1, 3, 3 }.Select(threads =>
            {
                set_num_threads(threads);
                return run().Select(result => Convert.ToHexString(result.detach().contiguous().bytes)).ToArray();
            })];
            Assert.Equal(results[0], results[1]);
            Assert.Equal(results[0], results[2]);
        }
        finally
        {
            set_num_threads(before);
        }
    }
}

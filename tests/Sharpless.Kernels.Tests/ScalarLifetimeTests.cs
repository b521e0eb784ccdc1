using System.Reflection;
using Sharpless.Tests;
using TorchSharp;

namespace Sharpless.Kernels.Tests;

public class ScalarLifetimeTests
{
    [Fact]
    public void The_memory_of_a_number_that_was_freed_is_not_used_again_at_once()
    {
        Assert.True(ScalarLifetime.IsProlonged);
        // malloc gives what was freed last to the next that asks for as much, so that one repetition would tell.
        var used = new HashSet<nint>();
        for (int i = 0; i < 1000; i++)
        {
            using Scalar number = i;
            Assert.True(used.Add(Address(number)), $"number {i} lies where an earlier one was freed");
        }
    }

    [Fact]
    public void Numbers_are_freed_in_the_end()
    {
        void Make(int count)
        {
            for (int i = 0; i < count; i++)
                ((Scalar)i).Dispose();
        }

        Make(100_000); // fills the ring
        long before = NativeHeap.InUse;
        Make(2_000_000);
        // 64 MB if they stayed.
        Assert.InRange(NativeHeap.InUse - before, long.MinValue, 8L << 20);
    }

    private static nint Address(Scalar number) =>
        (nint)
            typeof(Scalar)
                .GetProperty("Handle", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)!
                .GetValue(number)!;
}

namespace Sharpless.Tests.Conventions;

/// <summary>What would make a library depend on the clock, the terminal or luck.</summary>
public class BannedCallTests
{
    [Theory]
    [InlineData("new Random(")]
    [InlineData("Random.Shared")]
    [InlineData("DateTime.Now")]
    [InlineData("DateTime.UtcNow")]
    [InlineData("Console.")]
    [InlineData("Thread.Sleep")]
    [InlineData("GC.Collect")]
    public void Libraries_do_not_call(string banned)
    {
        string[] libraries = ["src/Sharpless", "src/Sharpless.Torch", "src/Sharpless.Kernels"];
        (string Path, string Code)[] files = [.. libraries.SelectMany(SourceTree.Files)];
        Assert.Empty(files.Where(file => file.Code.Contains(banned, StringComparison.Ordinal)).Select(file => file.Path));
    }

    [Fact]
    public void Comments_may_name_what_code_may_not()
    {
        Assert.DoesNotContain("GC.Collect", SourceTree.WithoutComments("a(); // no GC.Collect\n/* GC.Collect */ b();"), StringComparison.Ordinal);
        Assert.Contains("GC.Collect", SourceTree.WithoutComments("Open(\"a://b\"); GC.Collect();"), StringComparison.Ordinal);
    }
}

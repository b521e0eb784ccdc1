using Sharpless.Data;

namespace Sharpless.Tests.Data;

public sealed class DataSetsTests
{
    [Theory]
    [InlineData("fashion_mnist", "fashion_mnist")]
    [InlineData("fashion-mnist", "fashion_mnist")]
    [InlineData("mnist", "mnist")]
    [InlineData("npz:some/file.npz", "npz:some/file.npz")]
    public void A_name_is_known_without_the_data_being_there(string given, string name) => Assert.Equal(name, DataSets.Named(given).Name);

    [Fact]
    public void An_unknown_name_lists_the_known_ones()
    {
        var error = Assert.Throws<UsageException>(() => DataSets.Named("imagenet"));
        Assert.Contains("'imagenet'", error.Message, StringComparison.Ordinal);
        Assert.Contains("fashion_mnist, mnist", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void An_absent_set_says_how_to_get_it()
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<UsageException>(() => DataSets.Load("mnist", folder.Path));
        Assert.Contains($"was not found in {folder.Path}", error.Message, StringComparison.Ordinal);
        Assert.Contains("sharpless data get mnist", error.Hint, StringComparison.Ordinal);
    }
}

using Sharpless.Data;

namespace Sharpless.Tests.Data;

public sealed class DataFolderTests
{
    [Theory]
    [InlineData("/given", "/chosen", "/xdg", "/given")]
    [InlineData(null, "/chosen", "/xdg", "/chosen")]
    [InlineData("", "", "/xdg", "/xdg/sharpless")]
    [InlineData(null, null, "relative", "/home/me/.local/share/sharpless")]
    [InlineData(null, null, null, "/home/me/.local/share/sharpless")]
    public void The_first_that_is_set_counts(string? given, string? chosen, string? xdg, string expected) =>
        Assert.Equal(expected, DataFolder.Resolve(given, name => name switch
        {
            "SHARPLESS_DATA" => chosen,
            "XDG_DATA_HOME" => xdg,
            "HOME" => "/home/me",
            _ => null,
        }));

    [Fact]
    public void A_relative_folder_becomes_absolute() => Assert.Equal(Path.Combine(Environment.CurrentDirectory, "here"), DataFolder.Resolve("here"));
}

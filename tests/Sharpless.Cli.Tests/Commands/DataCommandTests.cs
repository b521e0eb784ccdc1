using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sharpless.Cli.Commands;
using Sharpless.Cli.Hosting;

namespace Sharpless.Cli.Tests.Commands;

// Fashion-MNIST is there: ./test installs Debian's package.
public sealed class DataCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sharpless-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void List_shows_what_is_there_and_how_to_get_the_rest()
    {
        (int code, string output, _) = Run("list");
        Assert.Equal(0, code);
        Assert.Contains("found: /usr/share/datasets/fashion-mnist", output, StringComparison.Ordinal);
        Assert.Contains("not here, get it: sharpless data get mnist", output, StringComparison.Ordinal);
    }

    [Fact]
    public void List_is_one_json_document_for_scripts()
    {
        (int code, string output, _) = Run("list", "--json");
        using JsonDocument document = JsonDocument.Parse(output);

        Assert.Equal(0, code);
        Assert.Equal(_folder, document.RootElement.GetProperty("data_dir").GetString());
        JsonElement mnist = document.RootElement.GetProperty("data_sets").EnumerateArray().Single(set => set.GetProperty("name").GetString() == "mnist");
        Assert.Equal(60_000, mnist.GetProperty("train").GetInt32());
        Assert.Equal([1, 28, 28], mnist.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()));
        Assert.Equal(JsonValueKind.Null, mnist.GetProperty("found").ValueKind);
    }

    [Fact]
    public void Verify_tells_of_every_file()
    {
        (int code, string output, _) = Run("verify", "fashion-mnist", "--json");
        using JsonDocument document = JsonDocument.Parse(output);

        Assert.Equal(0, code);
        Assert.True(document.RootElement.GetProperty("ok").GetBoolean());
        Assert.Equal(4, document.RootElement.GetProperty("files").GetArrayLength());
    }

    [Fact]
    public void Verify_fails_for_files_that_are_absent_or_different()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "mnist"));
        File.WriteAllText(Path.Combine(_folder, "mnist", "train-labels-idx1-ubyte"), "other");
        (int code, string output, _) = Run("verify", "mnist");

        Assert.Equal(1, code);
        Assert.Contains("different", output, StringComparison.Ordinal);
        Assert.Contains("missing", output, StringComparison.Ordinal);
        Assert.Contains("sharpless data get mnist", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_does_not_call_published_what_was_made_here()
    {
        string place = Directory.CreateDirectory(Path.Combine(_folder, "emoji10")).FullName;
        string[] files = ["train.bin", "validation.bin", "test.bin", "pictures.tsv", "LICENCES.txt"];
        foreach (string file in files) File.WriteAllText(Path.Combine(place, file), file);
        File.WriteAllLines(Path.Combine(place, "SHA256SUMS"), files.Select(file => $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file)))}  {file}"));
        (int code, string output, _) = Run("verify", "emoji10");
        Assert.Equal(0, code);
        Assert.EndsWith("emoji10: all files are as they were made on this machine.\n", output, StringComparison.Ordinal);

        File.WriteAllText(Path.Combine(place, "test.bin"), "other");
        (code, output, _) = Run("verify", "emoji10");
        Assert.Equal(1, code);
        Assert.EndsWith("emoji10: not all files are as they were made on this machine. Fetch it again: sharpless data get emoji10 --force\n", output, StringComparison.Ordinal);
        Assert.EndsWith("fashion_mnist: all files are the published ones.\n", Run("verify", "fashion_mnist").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Get_of_a_set_that_is_there_names_its_folder()
    {
        (int code, string output, string errors) = Run("get", "fashion_mnist");
        Assert.Equal(0, code);
        Assert.Contains("fashion_mnist is in /usr/share/datasets/fashion-mnist", output, StringComparison.Ordinal);
        Assert.Contains("checking", errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void Get_takes_files_that_were_fetched_by_other_means_and_knows_them_by_their_checksums()
    {
        string other = Path.Combine(_folder, "cifar-10-python.tar.gz");
        File.WriteAllText(other, "pickles");
        (int code, string output, string errors) = Run("get", "cifar10", "--from", other);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains("is no file of cifar10: it has SHA-256", errors, StringComparison.Ordinal);
        Assert.Contains("cifar-10-binary.tar.gz", errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "cifar10")));
    }

    [Fact]
    public void An_unknown_name_is_bad_input()
    {
        (int code, string output, string errors) = Run("get", "imagenet");
        Assert.Equal((2, ""), (code, output));
        Assert.Contains("error: There is no data set 'imagenet'.", errors, StringComparison.Ordinal);
        Assert.Contains("hint: Known are fashion_mnist, mnist", errors, StringComparison.Ordinal);
    }

    private (int Code, string Output, string Errors) Run(params string[] arguments)
    {
        var root = new Command(Root.Name) { DataCommand.Create() };
        foreach (Option option in CommonOptions.All) root.Options.Add(option);
        using StringWriter output = new(), errors = new();
        int code = root.Parse(["data", .. arguments, "--data-dir", _folder]).Invoke(new InvocationConfiguration { Output = output, Error = errors });
        return (code, output.ToString(), errors.ToString());
    }
}

using Sharpless.Kernels;
using Sharpless.Torch;
using Sharpless.Training;

namespace Sharpless.Tests.Conventions;

/// <summary>What users of the libraries can call is a text file beside this one; its diff is part of a review.</summary>
public class PublicApiTests
{
    private const string Accept = "SHARPLESS_ACCEPT_API";

    [Theory, InlineData("Sharpless.Kernels", typeof(Libtorch)), InlineData("Sharpless.Torch", typeof(Runtime)), InlineData("Sharpless", typeof(Trainer))]
    public void Public_members_are_those_on_file(string library, Type member)
    {
        string accepted = Path.Combine(SourceTree.Root, "tests", "Sharpless.Tests", "Conventions", "PublicApi", $"{library}.txt");
        string actual = PublicApi.Of(member.Assembly);
        if (Environment.GetEnvironmentVariable(Accept) == "1") File.WriteAllText(accepted, actual);
        string expected = File.Exists(accepted) ? File.ReadAllText(accepted) : "";
        if (actual == expected) return;

        string found = Path.Combine(SourceTree.Root, "artifacts", $"{library}.api.txt");
        File.WriteAllText(found, actual);
        string[] before = expected.Split('\n'), after = actual.Split('\n');
        IEnumerable<string> changes = [.. before.Except(after).Select(line => $"- {line.Trim()}"), .. after.Except(before).Select(line => $"+ {line.Trim()}")];
        Assert.Fail($"""
            The public members of {library} changed:
            {string.Join('\n', changes.Take(20))}
            All of them as they are now: {found}
            If that is meant, accept it with {Accept}=1 ./test --filter PublicApi, and commit the changed file.
            """);
    }
}

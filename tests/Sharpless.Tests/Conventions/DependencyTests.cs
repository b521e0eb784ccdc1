using System.Reflection;
using System.Text.RegularExpressions;
using Sharpless.Kernels;
using Sharpless.Torch;
using Sharpless.Training;

namespace Sharpless.Tests.Conventions;

/// <summary>Arrows point one way: Cli -> Sharpless -> Sharpless.Torch -> Sharpless.Kernels -> native; inside Sharpless as <see cref="MayUse"/> says.</summary>
public partial class DependencyTests
{
    // Folders of src/Sharpless, from the bottom up. Each may use itself, what is listed, and the few types beside the folders ("").
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        [""] = [],
        ["Weights"] = [],
        ["Optimization"] = ["Weights"],
        ["Models"] = ["Weights"],
        ["Data"] = [],
        ["Text"] = [],
        ["Analysis"] = ["Weights"],
        ["Pruning"] = ["Weights", "Models"],
        ["Pretrained"] = ["Weights", "Models", "Data", "Analysis"],
        ["Training"] = ["Weights", "Optimization", "Models", "Data", "Analysis", "Pruning"],
        ["Contrastive"] = ["Weights", "Optimization", "Models", "Pretrained", "Data", "Text", "Analysis", "Pruning", "Training"],
        ["Experiments"] = ["Weights", "Optimization", "Models", "Data", "Analysis", "Pruning", "Training"],
    };

    [Fact]
    public void Libraries_refer_to_those_below_them_only()
    {
        Assert.Empty(Own(typeof(Libtorch).Assembly));
        Assert.Equal(["Sharpless.Kernels"], Own(typeof(Runtime).Assembly));
        Assert.Equal(["Sharpless.Kernels", "Sharpless.Torch"], Own(typeof(Trainer).Assembly).Order());

        static IEnumerable<string> Own(Assembly assembly) =>
            assembly.GetReferencedAssemblies().Select(name => name.Name!).Where(name => name.StartsWith("Sharpless", StringComparison.Ordinal));
    }

    [Fact]
    public void Folders_of_the_library_use_those_below_them_only()
    {
        List<string> wrong = [];
        foreach ((string path, string code) in SourceTree.Files("src/Sharpless"))
        {
            string[] parts = path.Split('/')[2..];
            string room = parts.Length > 1 ? parts[0] : "";
            Assert.True(MayUse.ContainsKey(room), $"src/Sharpless/{room} is new; say in {nameof(DependencyTests)}.{nameof(MayUse)} what it may use.");
            wrong.AddRange(RoomName().Matches(code).Select(match => match.Groups[1].Value)
                .Where(used => MayUse.ContainsKey(used) && used != room && !MayUse[room].Contains(used))
                .Select(used => $"{path} uses Sharpless.{used}"));
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Nothing_in_the_map_points_back() =>
        Assert.All(MayUse, item => Assert.All(item.Value, used => Assert.DoesNotContain(item.Key, MayUse[used])));

    [Fact]
    public void The_tensors_know_nothing_of_the_subject()
    {
        foreach ((string path, string code) in SourceTree.Files("src/Sharpless.Torch"))
            Assert.All(RoomName().Matches(code), match => Assert.True(match.Groups[1].Value is "Torch" or "Kernels", $"{path} uses {match.Value}"));
    }

    [Theory, InlineData("src/Sharpless"), InlineData("src/Sharpless.Cli")]
    public void Only_the_tensors_know_the_door(string folder)
    {
        foreach ((string path, string code) in SourceTree.Files(folder))
            Assert.False(Import().IsMatch(code), $"{path} imports native code; that belongs in src/Sharpless.Torch.");
    }

    [GeneratedRegex(@"\bSharpless\.([A-Z]\w*)")]
    private static partial Regex RoomName();

    [GeneratedRegex(@"\b(LibraryImport|DllImport)\b")]
    private static partial Regex Import();
}

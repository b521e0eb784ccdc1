using Sharpless.Pretrained;
using Sharpless.Tests.Data;

namespace Sharpless.Tests.Pretrained;

public class CheckpointPathTests
{
    [Fact]
    public void Names_in_a_bucket_are_looked_up_below_models_of_the_data_folder()
    {
        using var folder = new TemporaryFolder();
        string expected = folder.File("models/vit_models/sam/ViT-B_16.npz");
        Assert.Equal(expected, CheckpointPath.Resolve("gs://vit_models/sam/ViT-B_16.npz", folder.Path));
        Assert.Equal("here/ViT-B_16.npz", CheckpointPath.Resolve("here/ViT-B_16.npz", folder.Path));

        UsageException absent = Assert.Throws<UsageException>(() => CheckpointPath.Require("gs://vit_models/sam/ViT-B_16.npz", folder.Path));
        Assert.Contains("https://storage.googleapis.com/vit_models/sam/ViT-B_16.npz", absent.Hint, StringComparison.Ordinal);
        Assert.Contains(expected, absent.Hint, StringComparison.Ordinal);
        Directory.CreateDirectory(Path.GetDirectoryName(expected)!);
        File.WriteAllText(expected, "");
        Assert.Equal(expected, CheckpointPath.Require("gs://vit_models/sam/ViT-B_16.npz", folder.Path));
        Assert.Contains("absent.npz", Assert.Throws<UsageException>(() => CheckpointPath.Require(folder.File("absent.npz"), null)).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("gs://"), InlineData("gs://bucket"), InlineData("gs://a/../../b.npz"), InlineData("gs://a//b.npz"), InlineData("")]
    public void Names_that_lead_elsewhere_are_refused(string name) => Assert.Throws<UsageException>(() => CheckpointPath.Resolve(name, "data"));
}

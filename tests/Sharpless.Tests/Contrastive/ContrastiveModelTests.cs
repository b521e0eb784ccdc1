using Sharpless.Contrastive;
using Sharpless.Models;
using Sharpless.Pretrained;
using Sharpless.Text;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Tests.Contrastive;

public class ContrastiveModelTests
{
    [Fact]
    public void Heads_are_named_by_their_layers()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(
            ["image_head.weight", "image_head.bias", "text_head.weight", "text_head.bias"], HeadNames(Create(bottleneck: 0)));
        Assert.Equal(
            ["image_head.0.weight", "image_head.0.bias", "image_head.1.weight", "image_head.1.bias", "text_head.0.weight", "text_head.0.bias", "text_head.1.weight", "text_head.1.bias"],
            HeadNames(Create(bottleneck: 5)));

        static IEnumerable<string> HeadNames(ContrastiveModel model) => model.Parameters().Select(item => item.Name).Where(name => name.Contains("_head.", StringComparison.Ordinal));
    }

    [Fact]
    public void The_published_model_has_the_published_number_of_parameters()
    {
        using var scope = NewDisposeScope();
        // Without the head of the image encoder and without the pooler: 6,162,944, 148,224 and 590,592.
        EncoderForm image = EncoderForms.Image(EncoderForms.PublishedImage, 384);
        Assert.Equal(6_162_944, ImageEncoder.Create(image).Parameters().Sum(item => item.Parameter.NumberOfElements));
        ContrastiveModel heads = Create(bottleneck: 0, projection: 768, imageWidth: 192, textWidth: 768);
        Assert.Equal(148_224, Count(heads, "image_head."));
        Assert.Equal(590_592, Count(heads, "text_head."));

        static long Count(ContrastiveModel model, string prefix) => model.Parameters().Where(item => item.Name.StartsWith(prefix, StringComparison.Ordinal)).Sum(item => item.Parameter.NumberOfElements);
    }

    [Fact]
    public void Embeddings_have_length_one_and_taps_are_all_there()
    {
        using var scope = NewDisposeScope();
        ContrastiveModel model = Create(bottleneck: 5);
        var taps = new TapRecorder(model.Taps);
        Tensor images = model.EmbedImages(Pictures(), taps), texts = model.EmbedTexts(Tokens(), taps);
        foreach (Tensor embedding in new[] { images, texts })
        {
            Assert.Equal([3, 7], embedding.shape);
            Assert.All(embedding.pow(2).sum(1).ToArray<float>(), square => Assert.Equal(1, square, tolerance: 1e-5));
        }

        Assert.Equal(model.Taps.Order(StringComparer.Ordinal), taps.Activations.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(images.ToArray<float>(), taps.Activations[ContrastiveModel.ImageEmbedding].ToArray<float>());
        Assert.Equal([3, 12], taps.Activations[ContrastiveModel.ImageFeatures].shape);
        Assert.Equal([3, 8], taps.Activations[ContrastiveModel.TextFeatures].shape);
        Assert.Equal([3, 4, 8], taps.Activations["text.layer1.res"].shape);
        Assert.Contains("image.layer2.gelu", model.Taps);
    }

    [Fact]
    public void An_embedding_of_zeros_has_a_finite_gradient()
    {
        using var scope = NewDisposeScope();
        ContrastiveModel model = Create(bottleneck: 0);
        using (no_grad())
        {
            foreach ((string name, Parameter parameter) in model.Parameters())
            {
                if (name.StartsWith("text_head.", StringComparison.Ordinal)) parameter.fill_(0);
            }
        }

        ContrastiveLoss.Of(model.EmbedImages(Pictures()), model.EmbedTexts(Tokens()), 0.05).Backward();
        Assert.All(model.Parameters().Where(item => item.Parameter.grad is not null), item => Assert.True(item.Parameter.grad!.AllFinite(), item.Name));
    }

    [Fact]
    public void Pixels_reach_the_encoder_in_the_range_that_was_chosen()
    {
        using var scope = NewDisposeScope();
        // What a unit model sees of 2 x - 1 is what a symmetric model sees of x.
        ContrastiveModel unit = Create(bottleneck: 0, range: PixelRange.Unit), symmetric = Create(bottleneck: 0, range: PixelRange.Symmetric);
        Tensor pictures = Pictures();
        Golden.Close(unit.EmbedImages((pictures * 2) - 1), symmetric.EmbedImages(pictures), 1e-6, "the embeddings");
    }

    private static Tensor Pictures()
    {
        using var generator = Generator.Seeded(3);
        Tensor pictures = Tensor.Empty([3, 3, 8, 8]);
        pictures.uniform_(0, 1, generator);
        return pictures;
    }

    private static TokenBatch Tokens() => new(
        Tensor.From<long>([1, 5, 6, 2, 0, 1, 7, 2, 0, 0, 1, 8, 9, 2, 0], 3, 5), Tensor.From<long>([1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0], 3, 5));

    private static ContrastiveModel Create(int bottleneck, int projection = 7, int imageWidth = 12, int textWidth = 8, PixelRange range = PixelRange.Symmetric)
    {
        var form = new ContrastiveForm
        {
            Image = new EncoderForm { Kind = EncoderKind.Vit, Layers = 2, Width = imageWidth, Heads = 2, Hidden = 10, Patch = 4, Grid = 2, HasClassToken = true },
            Text = new BertForm { VocabularySize = 11, Width = textWidth, Heads = 2, Layers = 1, Hidden = 9, Positions = 6 },
            Projection = projection, Bottleneck = bottleneck, PixelRange = range,
        };
        ImageEncoder image = ImageEncoder.Create(form.Image);
        var text = new BertEncoder(form.Text);
        using var generator = Generator.Seeded(1);
        image.Initialize(generator);
        text.Initialize(generator);
        var model = new ContrastiveModel(form, image, text);
        model.InitializeHeads(generator);
        return model;
    }
}

using System.Globalization;
using Sharpless.Contrastive;
using Sharpless.Torch;

namespace Sharpless.Tests.Contrastive;

public class ContrastiveLossTests
{
    [Theory]
    [InlineData(0.05, ScalarType.Float64, 1e-12), InlineData(1.0, ScalarType.Float64, 1e-12)]
    // Float32 rounds to 6e-8, and a similarity is divided by 0.05 before it goes into an exponential.
    [InlineData(0.05, ScalarType.Float32, 1e-5), InlineData(1.0, ScalarType.Float32, 1e-6)]
    public void Loss_and_gradients_are_those_of_the_reference(double temperature, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("loss.npz");
        Tensor images = golden["images"].To(type), texts = golden["texts"].To(type);
        images.requires_grad = texts.requires_grad = true;
        Tensor loss = ContrastiveLoss.Of(images, texts, temperature);
        loss.Backward();
        string key = temperature.ToString("0.0#", CultureInfo.InvariantCulture);
        Golden.Close(golden[$"loss/{key}"], loss, tolerance, "loss");
        Golden.Close(golden[$"images/{key}"], images.grad!, tolerance, "gradient in the images");
        Golden.Close(golden[$"texts/{key}"], texts.grad!, tolerance, "gradient in the texts");
    }

    [Fact]
    public void Orthogonal_pairs_cost_next_to_nothing()
    {
        using var scope = NewDisposeScope();
        // Two pairs: softmax 1 / (1 + e^-20) for the right one.
        Tensor pairs = Tensor.From<double>([1, 0, 0, 1], 2, 2);
        Assert.Equal(Math.Log(1 + Math.Exp(-20)), ContrastiveLoss.Of(pairs, pairs, 0.05).Item(), tolerance: 1e-15);
    }

    [Theory, InlineData(2), InlineData(7)]
    public void Equal_embeddings_cost_the_logarithm_of_the_batch(int batch)
    {
        using var scope = NewDisposeScope();
        Tensor same = full([batch, 4], 0.5, ScalarType.Float64);
        Assert.Equal(Math.Log(batch), ContrastiveLoss.Of(same, same, 0.05).Item(), tolerance: 1e-12);
    }

    [Fact]
    public void The_worst_pair_costs_no_more_than_the_guard_allows()
    {
        using var scope = NewDisposeScope();
        // Each picture lies opposite to its own text and upon the other: the softmax underflows to 0, and the loss is -log(1e-20).
        Tensor images = Tensor.From<float>([1, -1], 2, 1), texts = Tensor.From<float>([-1, 1], 2, 1);
        Assert.Equal(-Math.Log(1e-20), ContrastiveLoss.Of(images, texts, 0.005).Item(), tolerance: 1e-4);
    }

    [Theory, InlineData(0), InlineData(-1), InlineData(double.NaN)]
    public void A_temperature_out_of_range_is_refused(double temperature)
    {
        using var scope = NewDisposeScope();
        Tensor pairs = zeros([2, 2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => ContrastiveLoss.Of(pairs, pairs, temperature));
    }
}

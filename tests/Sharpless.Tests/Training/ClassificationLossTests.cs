using Sharpless.Torch;
using Sharpless.Training;

namespace Sharpless.Tests.Training;

/// <summary>Losses by hand, from their formulas; those of more than two classes are also in the golden file of the options.</summary>
public sealed class ClassificationLossTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory, InlineData(0.0), InlineData(0.7)]
    public void Two_classes_have_the_logistic_loss_with_its_offset(double offset)
    {
        Tensor logits = Tensor.From([0.5f, 2f, -1f, 0.25f], 2, 2), labels = Tensor.From([1L, 0L]);
        // s (z1 - z0) is 1.5 for the first, -1.25 for the second.
        double expected = (Math.Log(1 + Math.Exp(-1.5 + offset)) + Math.Log(1 + Math.Exp(1.25 + offset))) / 2;
        Assert.Equal(expected, new ClassificationLoss { Name = "ce_offset", Offset = offset }.Of(logits, labels).Item(), tolerance: 1e-6);
        if (offset == 0) Assert.Equal(expected, new ClassificationLoss().Of(logits, labels).Item(), tolerance: 1e-6);
    }

    [Fact]
    public void Large_margins_do_not_overflow() =>
        Assert.Equal(500, new ClassificationLoss().Of(Tensor.From([1000f, 0f, 1000f, 0f], 2, 2), Tensor.From([1L, 0L])).Item(), tolerance: 1e-3);

    [Theory, InlineData(1.0, 0.6), InlineData(0.5, 0.735088935932648)]
    public void Generalised_cross_entropy(double q, double expected)
    {
        // p_y = 0.4: logits log 0.4, log 0.35, log 0.25. (1 - 0.4^q) / q.
        Tensor logits = Tensor.From([MathF.Log(0.4f), MathF.Log(0.35f), MathF.Log(0.25f)], 1, 3);
        Assert.Equal(expected, new ClassificationLoss { Name = "gce", Q = q }.Of(logits, Tensor.From([0L])).Item(), tolerance: 1e-6);
    }

    [Fact]
    public void The_highest_losses_of_a_batch_are_left_out()
    {
        // Losses -log p_y of 0.1, 0.2, 0.3, 0.4, 0.5 in a mixed order; int(0.5 * 5) = 2 are dropped.
        double[] p = [0.3, 0.1, 0.5, 0.2, 0.4];
        Tensor logits = Tensor.From([.. p.SelectMany(x => new[] { (float)Math.Log(x), (float)Math.Log((1 - x) / 2), (float)Math.Log((1 - x) / 2) })], 5, 3);
        double actual = new ClassificationLoss { Name = "smallest_k_ce", DroppedShare = 0.5 }.Of(logits, zeros([5], ScalarType.Int64)).Item();
        Assert.Equal(-(Math.Log(0.5) + Math.Log(0.4) + Math.Log(0.3)) / 3, actual, tolerance: 1e-6);
    }

    [Fact]
    public void Squares_need_no_example_of_the_last_class()
    {
        // The published code takes the number of classes from the batch. ½ mean over classes of (z - onehot)².
        Tensor logits = Tensor.From([1f, 2f, 0f, 0f], 1, 4);
        Assert.Equal(0.5 * (0 + 4 + 0 + 0) / 4, new ClassificationLoss { Name = "square_loss" }.Of(logits, Tensor.From([0L])).Item(), tolerance: 1e-6);
    }

    [Theory]
    [InlineData("ce", 2, 0.1, "two classes")]
    [InlineData("ce_offset", 10, 0.0, "two classes")]
    public void What_the_number_of_classes_forbids_is_said(string name, int classes, double smoothing, string reason) =>
        Assert.Contains(reason, new ClassificationLoss { Name = name, LabelSmoothing = smoothing }.Problems(classes).Single(), StringComparison.Ordinal);
}

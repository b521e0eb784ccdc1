using Sharpless.Contrastive;

namespace Sharpless.Tests.Contrastive;

public class ContrastiveOptionsTests
{
    [Fact]
    public void Every_preset_can_be_run() => Assert.All(ContrastivePreset.Names, name => Assert.Empty(ContrastivePreset.Options(name).Problems()));

    [Fact]
    public void Each_problem_names_its_option_and_value()
    {
        var good = new ContrastiveOptions();
        (ContrastiveOptions Options, string Expected)[] bad =
        [
            (good with { BatchSize = 1 }, "--bs is 1"), (good with { Epochs = -1 }, "--epochs is -1"), (good with { LearningRate = double.NaN }, "--lr is NaN"),
            (good with { Rho = -1 }, "--rho is -1"), (good with { GradientPenalty = double.PositiveInfinity }, "--gradient-norm-rho"), (good with { Rho = 0.1, GradientPenalty = 0.1 }, "exclude each other"),
            (good with { Temperature = 0 }, "--temperature is 0"), (good with { EvaluationPeriod = 0 }, "--eval-every is 0"), (good with { EvaluationBatches = 0 }, "--n-eval-batches is 0"),
            (good with { ImageForm = "huge" }, "r-ti16"), (good with { TextForm = "huge" }, "bert-base"), (good with { ImageSize = 100 }, "multiples of 32"),
            (good with { TextLength = 1 }, "--text-length is 1"), (good with { VocabularySize = 9 }, "--vocabulary-size is 9"), (good with { Projection = 0 }, "--projection-dim is 0"),
        ];
        Assert.All(bad, item => Assert.Contains(item.Expected, Assert.Single(item.Options.Problems()), StringComparison.Ordinal));
    }

    [Fact]
    public void The_learning_rate_falls_along_half_a_cosine_unless_the_count_of_steps_is_lost()
    {
        ContrastiveOptions options = new() { LearningRate = 2, Epochs = 4 };
        Assert.Equal([2, 1, 0], new[] { 0.0, 2, 4 }.Select(options.Schedule.At).Select(rate => Math.Round(rate, 12)));
        ContrastiveOptions published = options with { AsPublished = [PublishedQuirk.StatelessAdam] };
        Assert.Equal([2, 2, 2], new[] { 0.0, 2, 4 }.Select(published.Schedule.At));
    }
}

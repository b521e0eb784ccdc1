using Sharpless.Cli.Commands;
using Sharpless.Training;

namespace Sharpless.Cli.Tests.Training;

/// <summary>What <c>train</c> refuses before any work, and why.</summary>
public class TrainOptionRefusalTests
{
    [Theory]
    [InlineData("--sam-rho 0.1 --sam-lr-mult 2", "exclude each other")]
    [InlineData("--sam-rho 0.1 --sam-epoch-frac-start 0.6 --sam-epoch-frac-end 0.5", "0.6 to 0.5")]
    [InlineData("--sam-rho 0.1 --only-sam-step-size --sam-use-prev-batch", "excludes --sam-use-prev-batch")]
    [InlineData("--loss gce", "--gce-q above 0")]
    [InlineData("--gce-q 0.7", "belongs to --loss gce")]
    [InlineData("--loss-offset 1", "belongs to --loss ce_offset")]
    [InlineData("--frac-rm-per-batch 0.1", "belongs to --loss smallest_k_ce")]
    [InlineData("--loss square_loss --label-smoothing 0.1", "belongs to --loss ce")]
    [InlineData("--batch-size 8 --acc-steps 9", "1 to 8 parts")]
    [InlineData("--loss huber", "huber")]
    [InlineData("--optimizer adagrad", "adagrad")]
    [InlineData("--sam-iters 0", "1 or more")]
    [InlineData("--sam-step-size-mult 0", "above 0")]
    [InlineData("--swa-tau 1.5", "from 0 to 1")]
    [InlineData("--gce-q 1.5 --loss gce", "at most 1")]
    [InlineData("--act-reg -1", "0 or more")]
    [InlineData("--sam-rho 0.1 --sam-variant asam --sam-iters 2", "--sam-iters has no effect with --sam-variant asam")]
    [InlineData("--sam-rho 0.1 --sam-variant random --sam-use-prev-batch", "excludes --sam-use-prev-batch")]
    [InlineData("--sam-variant esam", "esam")]
    [InlineData("--grad-gauss-std nan", "0 or more")]
    [InlineData("--weight-perturb-distr cauchy", "cauchy")]
    public void Values_and_combinations_that_mean_nothing(string arguments, string reason) => Assert.Contains(reason, Refusal(arguments), StringComparison.Ordinal);

    [Theory]
    [InlineData("--trades-lambda=1", "had no effect in the published program")]
    [InlineData("--eval-early-stopped-model", "had no effect in the published program")]
    [InlineData("--attack pgd", "never trained adversarially")]
    [InlineData("--eps 8", "never trained adversarially")]
    [InlineData("--epoch-rm-noise 3", "ends in an error")]
    [InlineData("--sgd-p-label-noise 0.1", "--p-label-noise")]
    [InlineData("--half-prec", "--precision bf16")]
    [InlineData("--gpu 1", "--device cuda:N")]
    public void Leftovers_of_the_published_program(string arguments, string reason)
    {
        string refusal = Refusal(arguments);
        Assert.Contains(reason, refusal, StringComparison.Ordinal);
        Assert.StartsWith(arguments.Split(' ', '=')[0] + " is not supported: ", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal);
    }

    [Fact]
    public void Without_them_nothing_is_refused() => new TrainCommandLine().Read([]);

    [Fact]
    public void Options_that_are_not_given_have_the_published_defaults()
    {
        TrainOptions options = new TrainCommandLine().Read([]);
        Assert.Equal((DescentKind.Sgd, 1, 0.999, false), (options.Optimizer, options.MicroBatches, options.AverageDecay, options.AveragesWeights));
        Assert.Equal((1, 1.0, 0.0, 0.0, 1.0), (options.SamIterations, options.SamStepMultiple, options.SamLearningRateMultiple, options.SamStart, options.SamEnd));
        Assert.Equal(("ce", 0.0, -1.0, 3, 0), (options.LossName, options.LabelSmoothing, options.GeneralizedQ, options.ActivationPenaltyBlock, options.ActivationPenaltyStart));
        Assert.True(options.SamProjectsUnnormalized);
    }

    [Fact]
    public void A_coefficient_of_the_moving_average_turns_it_on()
    {
        TrainOptions options = new TrainCommandLine().Read(["--swa-tau=0.99"]);
        Assert.Equal((true, 0.99), (options.AveragesWeights, options.AverageDecay));
    }

    private static string Refusal(string arguments) => Assert.Throws<UsageException>(() => new TrainCommandLine().Read(arguments.Split(' '))).Message;
}

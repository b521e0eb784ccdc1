using System.CommandLine;
using Sharpless.Cli.Hosting;
using Sharpless.Optimization;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>Options of a training run: the base optimizer and its learning rate.</summary>
internal static class TrainDescentOptions
{
    internal static void AddTo(TrainOptionTable table, TrainOptions defaults)
    {
        table.Add(
            TextOption.Word("--optimizer", "Base optimizer.", "sgd", "NAME", "sgd", "adam"),
            (train, name) => train with { Optimizer = Enum.Parse<DescentKind>(name, ignoreCase: true) });
        table.Add(
            NumberOption.Real("--lr-max", "Peak learning rate.", defaults.MaximumLearningRate, value => value >= 0, "0 or more"),
            (train, rate) => train with { MaximumLearningRate = rate });
        table.Add(TextOption.Word("--lr-schedule", "Learning rate over time.", defaults.Schedule, "NAME", [.. LearningRateSchedule.Names]), (train, name) => train with { Schedule = name });
        table.Add(
            NumberOption.Real("--warmup-factor", "Growth of the rate in the first phase of piecewise_0Xepochs.", defaults.WarmupFactor, value => value > 0, "above 0"),
            (train, factor) => train with { WarmupFactor = factor });
        table.Add(
            NumberOption.Real("--warmup-exp", "Exponent of that growth; 1 for a straight line.", defaults.WarmupExponent, value => value > 0, "above 0"),
            (train, exponent) => train with { WarmupExponent = exponent });
        table.Add(
            NumberOption.Real("--momentum", "Momentum of SGD.", defaults.Momentum, value => value is >= 0 and < 1, "from 0 to below 1"),
            (train, momentum) => train with { Momentum = momentum });
        table.Add(
            NumberOption.Real("--l2-reg", "Weight decay, at w.", defaults.WeightDecay, value => value >= 0, "0 or more"),
            (train, decay) => train with { WeightDecay = decay });
        table.Add(
            TextOption.Word("--l2-reg-on", "What weight decay acts on: all weights, or those of convolutions and matrix products alone.", "all", "WEIGHTS", "all", "matrices"),
            (train, name) => train with { Decayed = Enum.Parse<DecayedWeights>(name, ignoreCase: true) });
        table.Add(
            NumberOption.Integer("--acc-steps", "Parts that a batch is cut into; their gradients are averaged, and SAM perturbs the weights for each (m-sharpness).", defaults.MicroBatches, minimum: 1),
            (train, parts) => train with { MicroBatches = parts });
        table.AddFlag("--swa", "Keep a moving average of the weights, and evaluate and save it too.", (train, on) => train with { AveragesWeights = on });
        Option<double> decay = NumberOption.Real("--swa-tau", "Share that it keeps of itself at each step; to give it turns --swa on.", defaults.AverageDecay, value => value is >= 0 and <= 1, "from 0 to 1");
        table.Add(decay, (train, share) => train with { AverageDecay = share });
        table.OnGiven(decay, train => train with { AveragesWeights = true });
    }
}

using Sharpless.Cli.Hosting;
using Sharpless.Optimization;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>Options of a training run: sharpness-aware minimization.</summary>
internal static class TrainSamOptions
{
    internal static void AddTo(TrainOptionTable table, TrainOptions defaults)
    {
        table.Add(
            NumberOption.Real("--sam-rho", "Radius of SAM's perturbation, L2 over all weights; 0 trains without SAM.", defaults.SamRho, value => value >= 0, "0 or more"),
            (train, rho) => train with { SamRho = rho });
        table.Add(
            TextOption.Word("--sam-bn", "In which of SAM's passes batch norm moves its running statistics.", "both", "PASS", "both", "first", "second"),
            (train, pass) => train with { SamStatistics = Enum.Parse<StatisticsPass>(pass, ignoreCase: true) });
    }
}

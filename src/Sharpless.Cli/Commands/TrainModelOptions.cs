using Sharpless.Cli.Hosting;
using Sharpless.Models;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>Options of a training run: the network.</summary>
internal static class TrainModelOptions
{
    internal static void AddTo(TrainOptionTable table, TrainOptions defaults)
    {
        table.Add(TextOption.Word("--model", "Network.", defaults.Model, "NAME", [.. ModelCatalog.Names]), (train, name) => train with { Model = name });
        table.Add(
            NumberOption.Integer("--model-width", $"Base width of the network; -1 for its own ({Widths()}).", -1, minimum: -1),
            (train, width) => train with { ModelWidth = width == -1 ? ModelCatalog.DefaultWidthOf(train.Model) : width });
        table.Add(
            TextOption.Word("--activation", "Activation inside pre-activation blocks: relu, or softplus with its beta, as in softplus20.", defaults.Activation, "NAME"),
            (train, name) => train with { Activation = name });
        table.Add(
            NumberOption.Real("--droprate", "Rate of the dropout inside pre-activation blocks.", defaults.DropRate, value => value is >= 0 and < 1, "from 0 to below 1"),
            (train, rate) => train with { DropRate = rate });
        table.Add(
            NumberOption.Real("--scale-init", "L2 norm of the first weights of the model linear; 0 starts from zero.", defaults.InitialNorm, value => value >= 0, "0 or more"),
            (train, norm) => train with { InitialNorm = norm });
    }

    private static string Widths() => string.Join(", ", ModelCatalog.Names.GroupBy(ModelCatalog.DefaultWidthOf)
        .OrderByDescending(group => group.Count()).Select((group, i) => i == 0 ? $"{group.Key}" : $"{string.Join(" and ", group)} {group.Key}"));
}

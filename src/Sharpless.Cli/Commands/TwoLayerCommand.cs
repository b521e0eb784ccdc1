using System.CommandLine;
using Sharpless.Analysis;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Report.TwoLayer;
using Sharpless.Experiments.TwoLayer;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless two-layer [figure]</c>: the published experiments on two-layer networks, over many seeds.</summary>
internal static class TwoLayerCommand
{
    internal const string Name = "two-layer";

    internal static Command Create()
    {
        var defaults = new TwoLayerOptions();
        var figure = new Argument<string?>("FIGURE") { Description = "abs, tanh, relu or gradient-norm; all of them where none is named.", Arity = ArgumentArity.ZeroOrOne };
        var table = new OptionTable<TwoLayerOptions>();
        table.Add(NumberOption.Integer("--seeds", "Number of seeds, from --seed on.", defaults.Seeds, minimum: 1), (options, seeds) => options with { Seeds = seeds });
        table.AddFlag(
            "--as-published", "Keep the published faults, and begin with the published seed where --seed is not given.",
            (options, on) => options with { AsPublished = on });
        table.AddIfGiven(NumberOption.Reals("--sam-rho", "Radii of SAM's perturbation [default: those of each figure].", IsNotNegative, "0 or more"), (options, radii) => options with { Rho = radii });
        table.AddIfGiven(
            NumberOption.Reals("--gradient-penalty", "Strengths of the penalty on the gradient's norm [default: the published ones].", IsNotNegative, "0 or more"),
            (options, strengths) => options with { GradientPenalty = strengths });
        table.Add(
            NumberOption.Integer("--iterations", "Updates; SAM, penalties and label noise act in the first half.", defaults.Iterations, minimum: 2),
            (options, iterations) => options with { Iterations = iterations });
        table.Add(
            NumberOption.Real("--activation-penalty", "Strength of a penalty on the mean squared activation.", defaults.ActivationPenalty, IsNotNegative, "0 or more"),
            (options, strength) => options with { ActivationPenalty = strength });
        table.Add(
            NumberOption.Real("--label-noise", "Standard deviation of the noise that each step adds to its label.", defaults.LabelNoise, IsNotNegative, "0 or more"),
            (options, deviation) => options with { LabelNoise = deviation });
        table.Add(
            NumberOption.Integer("--warmup-iterations", "Updates over which the learning rate rises.", defaults.WarmupIterations),
            (options, iterations) => options with { WarmupIterations = iterations });
        table.Add(
            NumberOption.Real("--warmup-factor", "What the learning rate is multiplied by from the end of the warm-up on.", defaults.WarmupFactor, value => value > 0, "above 0"),
            (options, factor) => options with { WarmupFactor = factor });
        table.Add(
            NumberOption.Integer("--perturbed-starts", "For each published row, starts whose weights differ by 1e-7: they show which rows rounding decides.", defaults.PerturbedStarts),
            (options, starts) => options with { PerturbedStarts = starts });
        var output = new Option<string?>("--out") { Description = $"The run's folder, new or empty [default: runs/TIME-{Name}].", HelpName = "DIR" };
        var resume = new Option<bool>("--resume") { Description = "Take the folder in --out where it holds this very run, finished or not; the run begins anew and comes to the same." };
        Option<bool> dryRun = DryRun.Option();
        var command = new Command(
            Name,
            """
            Two-layer networks learn a small teacher with SGD, SAM and a gradient-norm penalty: the published figures beside ours, over many seeds,
            and why SAM switches units off. Needs no data set. Example: sharpless two-layer relu --seeds 20
            """)
        {
            figure,
        };
        foreach (Option option in (Option[])[.. table.Options, output, resume, dryRun]) command.Options.Add(option);
        new EffectTable()
            .Add(["--sam-rho"], given => Penalizes(given) == true ? "on the figure gradient-norm" : null)
            .Add(["--gradient-penalty"], given => Penalizes(given) == false ? $"on the figure {given.Argument(figure.Name)}" : null)
            .Add(
                ["--perturbed-starts"],
                given => given.Value<int>("--perturbed-starts") > 0 && !IsPublished(given) ? "on another training than the published one, whose rows it checks" : null)
            .Govern(command);
        command.SetAction(Session.Action((session, cancel) =>
        {
            ParseResult parsed = session.Parsed;
            TwoLayerOptions options = table.Read(parsed, defaults);
            bool seedIsGiven = parsed.GetResult(CommonOptions.Seed) is { Implicit: false };
            options = options with { Seed = options.AsPublished && !seedIsGiven ? TwoLayerOptions.PublishedSeed : session.Seed };
            if (parsed.GetValue(figure) is string named) options = options with { Figures = [TwoLayerExperiment.Named(named).Name] };
            if (options.Problems().ToList() is { Count: > 0 } problems) throw new UsageException(string.Join(" ", problems), $"See sharpless {Name} --help.");
            if (parsed.GetValue(dryRun)) return DryRun.Write(session, Name, options.Resolved());

            var place = new TrainPlace { Folder = parsed.GetValue(output) ?? RunNames.New(Name), Resumes = parsed.GetValue(resume), Device = session.Device };
            OutputFile.Report.Require(parsed, "--out", Path.Combine(place.Folder, "report.html"));
            TwoLayerRun run = TwoLayerProgressView.Show(session, tell => TwoLayerFolder.Run(options, place, session.Threads, tell, cancel));
            string report = TwoLayerReport.Write(run, place.Folder);
            if (!session.Json)
            {
                TwoLayerTables.Write(session.Console, run);
                // Not through a console's wrapping: a path must stay in one piece, to be copied.
                session.Output.WriteLine($"report: {report}");
            }

            return session.End(Document(run, place.Folder, report), DivergedRun.Failure(Divergence(run), "--sam-rho or --gradient-penalty", place.Folder));
        }));
        return command;
    }

    // Whether the figure that is named has a penalty in place of SAM; null where all figures are trained.
    private static bool? Penalizes(GivenOptions given) =>
        given.Argument("FIGURE") is { } figure ? TwoLayerExperiment.Named(figure).Regularizer == Regularizer.GradientNorm : null;

    private static bool IsPublished(GivenOptions given) =>
        given.Value<int>("--iterations") == TwoLayerOptions.PublishedIterations
        && given.Value<double>("--activation-penalty") == 0 && given.Value<double>("--label-noise") == 0 && given.Value<int>("--warmup-iterations") == 0;

    // The published penalty has no gradient at 0, so that its students may come to nothing: that is its result.
    private static string? Divergence(TwoLayerRun run)
    {
        int diverged = run.Options.AsPublished ? 0 : run.Students.Count(student => !double.IsFinite(student.Final.TrainLoss));
        return diverged == 0 ? null : $"{diverged} of {run.Students.Count} networks diverged: their training loss is not finite.";
    }

    private static bool IsNotNegative(double value) => value >= 0;

    private static Dictionary<string, object?> Document(TwoLayerRun run, string folder, string report) => new()
    {
        ["run"] = folder,
        ["results"] = run.Students.Select(student => new
        {
            student.Experiment,
            student.Value,
            student.Seed,
            student.Final.Iteration,
            student.Final.TrainLoss,
            student.Final.TestLoss,
            student.Final.FeatureRank,
            student.Final.TestFeatureRank,
            student.Final.ActiveUnits,
            student.Final.DistinctUnits,
            student.Final.L2,
        }),
        ["published"] = run.Comparisons.Select(comparison => new { comparison.Published, comparison.Here, comparison.Misses, PerturbedStarts = comparison.Perturbed.Count, comparison.PerturbedMisses }),
        ["claims"] = Claim.Of(run).Select(claim => new
        {
            claim.Experiment,
            claim.Statement,
            Verdict = Verdicts.Name(claim.Verdict),
            Parts = claim.Parts.Select(part => new { part.What, part.Difference, part.IsBelow, Verdict = Verdicts.Name(part.Verdict) }),
        }),
        ["mechanism"] = run.Mechanism.Select(student => new
        {
            student.Rho,
            student.Seed,
            student.SignAgreement,
            student.FirstOrderError,
            student.PatternKept,
            student.ExactError,
            student.Reduction,
            student.Fitting,
            student.UnitsLost,
            student.UnitsBack,
            student.Residuals,
        }),
        ["report"] = report,
        ["seconds"] = run.Seconds,
    };
}

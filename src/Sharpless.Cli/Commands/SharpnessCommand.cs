using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Sharpless.Analysis;
using Sharpless.Cli.Hosting;
using Sharpless.Data;
using Sharpless.Torch;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless sharpness</c>: worst-case and average sharpness of a run, and the largest eigenvalues of its Hessian.</summary>
internal static class SharpnessCommand
{
    /// <summary>The command, ready to be added to the root.</summary>
    internal static Command Create()
    {
        var options = new SharpnessOptions();
        var command = new Command(
            "sharpness",
            """
            How much the loss of a run rises when its weights are perturbed, in the worst case and on average, and the largest eigenvalues of its Hessian.
            Computed in float32 unless --precision says otherwise. Example: sharpless sharpness --run runs/first --rho 0.05,0.1 --steps 20
            """);
        options.AddTo(command);
        command.SetAction(Session.Action((session, cancel) => Run(session, options.Read(session.Parsed), cancel)));
        return command;
    }

    private static int Run(Session session, SharpnessRequest request, CancellationToken cancel)
    {
        long started = Stopwatch.GetTimestamp();
        // Not the fastest precision: in bfloat16 most perturbations of a sharpness are rounded away.
        Precision precision = session.AskedPrecision ?? Precision.Float32;
        if (precision != Precision.Float32 && request.Hessian is not null)
            throw new UsageException("The Hessian is computed in float32 only.", "Leave --precision out, or name other --measures: worst-case,average.");
        if (DryRun.IsAsked(session.Parsed)) return DryRun.Write(session, "sharpness", Resolved(request));
        using TrainedRun run = TrainedRun.Open(request.Run, DataFolderOption.Read(session.Parsed), precision, session.Device, cancel);
        ImageSet images = request.UsesTestSet ? run.Data.Test : run.Data.Train;
        ReadOnlyMemory<int> examples = request.UsesTestSet ? run.Split.Test : run.Split.Train;
        IReadOnlyList<LossSurface> groups = run.LossSurfaces(images, examples[..Math.Min(request.Examples, examples.Length)], request.GroupSize);
        int used = (int)groups.Sum(group => group.Examples);
        LossSurface whole = run.LossSurfaces(images, examples[..used], used)[0];
        if (request.Hessian is { } asked) RequireMemory(session, asked, whole.Weights.Count);

        SurfacePoint point = whole.Gradient();
        var result = new SharpnessResult
        {
            Request = request,
            Precision = precision,
            Examples = used,
            GroupSize = (int)groups[0].Examples,
            PerturbedWeights = AverageSharpness.PerturbedWeights(whole.Weights, request.Neighbourhood),
            Point = point,
            GradientNorm = whole.Weights.GradientNorm(),
            WorstCases = [.. request.WorstCases.Select(options => (options, WorstCases(session, groups, options, cancel)))],
            Averages = Averages(session, whole, request, cancel),
            Hessian = request.Hessian is { } hessian ? Hessian(session, whole, hessian, cancel) : null,
            Trace = request.TraceDraws > 0 ? Estimate.Of(Trace(session, whole, request, cancel)) : null,
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
        };
        session.WriteJson(result.Document);
        if (!session.Json) result.Print(session);
        return ExitCode.Done;
    }

    // What depends on other options where it is not given.
    private static Dictionary<string, JsonElement> Resolved(SharpnessRequest request) => new()
    {
        ["measures"] = JsonOutput.Element(request.Measures), ["rho"] = JsonOutput.Element(request.Rhos),
    };

    private static WorstPerturbation[] WorstCases(Session session, IReadOnlyList<LossSurface> groups, WorstCaseOptions options, CancellationToken cancel)
    {
        return Show(session, "worst case", groups.Count, "groups", OfEach, cancel);

        WorstPerturbation[] OfEach(IProgress<double> progress, Generator generator) =>
            [.. groups.Select((group, i) => WorstCaseSharpness.Of(group, options, generator, new PartOfProgress(progress, i, groups.Count)))];
    }

    private static List<(double Sigma, IReadOnlyList<Sharpness> Draws)> Averages(Session session, LossSurface whole, SharpnessRequest request, CancellationToken cancel)
    {
        if (!request.MeasuresAverage) return [];
        IReadOnlyList<double> sigmas = request.SigmasFor(AverageSharpness.PerturbedWeights(whole.Weights, request.Neighbourhood));
        return [.. sigmas.Select(sigma => (sigma, Average(new AverageSharpnessOptions { Sigma = sigma, Draws = request.Draws, Neighbourhood = request.Neighbourhood })))];

        IReadOnlyList<Sharpness> Average(AverageSharpnessOptions options) =>
            Show(session, "average", options.Draws, "draws", (progress, generator) => AverageSharpness.Of(whole, options, generator, progress), cancel);
    }

    private static HessianSpectrum Hessian(Session session, LossSurface whole, HessianOptions options, CancellationToken cancel) =>
        Show(session, "Hessian", options.MaximumIterations, "products", (progress, generator) => HessianEigenvalues.Of(whole, options, generator, progress), cancel);

    private static IReadOnlyList<double> Trace(Session session, LossSurface whole, SharpnessRequest request, CancellationToken cancel) =>
        Show(session, "trace", request.TraceDraws, "draws", (progress, generator) => HessianTrace.Of(whole, request.TraceDraws, generator, request.Neighbourhood.Parameters, progress), cancel);

    // Each measure draws from a generator of its own, so that it does not depend on which others were asked for.
    private static T Show<T>(Session session, string name, double amount, string unit, Func<IProgress<double>, Generator, T> measure, CancellationToken cancel)
    {
        using var generator = Generator.Seeded(session.Seed);
        return AnalysisProgress.Show(session, name, amount, unit, progress => measure(progress, generator), cancel);
    }

    private static void RequireMemory(Session session, HessianOptions options, long weights)
    {
        long needed = sizeof(float) * weights * options.MaximumIterations, limit = MemoryLimitOption.Read(session.Parsed).MemoryLimit;
        if (needed > limit)
        {
            throw new UsageException(
                $"{options.MaximumIterations} iterations on a Hessian of {weights} weights take {needed} bytes of memory, and the limit is {limit}.",
                "Take fewer --iterations, leave hessian out of --measures, or raise --memory-limit.");
        }
    }
}

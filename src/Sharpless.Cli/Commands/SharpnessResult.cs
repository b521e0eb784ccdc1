using System.Globalization;
using Sharpless.Analysis;
using Sharpless.Cli.Hosting;
using Sharpless.Weights;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary>What <c>sharpless sharpness</c> found, for scripts and for people.</summary>
internal sealed record SharpnessResult
{
    internal required SharpnessRequest Request { get; init; }

    internal required Precision Precision { get; init; }

    internal required int Examples { get; init; }

    internal required int GroupSize { get; init; }

    internal required long PerturbedWeights { get; init; }

    internal required SurfacePoint Point { get; init; }

    internal required double GradientNorm { get; init; }

    internal required IReadOnlyList<(WorstCaseOptions Options, IReadOnlyList<WorstPerturbation> Groups)> WorstCases { get; init; }

    internal required IReadOnlyList<(double Sigma, IReadOnlyList<Sharpness> Draws)> Averages { get; init; }

    internal required HessianSpectrum? Hessian { get; init; }

    internal required Estimate? Trace { get; init; }

    internal required double Seconds { get; init; }

    /// <summary>The JSON document.</summary>
    internal object Document => new
    {
        Request.Run,
        Split = Request.UsesTestSet ? "test" : "train",
        Examples,
        GroupSize,
        Precision = Precision == Precision.Float32 ? "fp32" : "bf16",
        Norm = NormName,
        Adaptive = Request.Neighbourhood.IsAdaptive,
        Request.Neighbourhood.Parameters,
        PerturbedWeights,
        Point.Loss,
        Point.Error,
        GradientNorm,
        WorstCase = WorstCases.Select(item => new
        {
            item.Options.Rho,
            item.Options.Steps,
            item.Options.Restarts,
            LossIncrease = ToJson(LossIncreases(item.Groups)),
            ErrorIncrease = ToJson(Estimate.Of([.. item.Groups.Select(group => group.Sharpness.ErrorIncrease)])),
            GradientNorm = ToJson(Estimate.Of([.. item.Groups.Select(group => group.GradientNorm)])),
            Groups = item.Groups.Select(group => group.Sharpness.LossIncrease),
        }),
        Average = Averages.Select(item => new
        {
            item.Sigma,
            LossIncrease = ToJson(LossIncreases(item.Draws)),
            ErrorIncrease = ToJson(Estimate.Of([.. item.Draws.Select(draw => draw.ErrorIncrease)])),
        }),
        Hessian = Hessian is null ? null : new
        {
            Eigenvalues = Hessian.Largest.Select(eigenvalue => eigenvalue.Value),
            Residuals = Hessian.Largest.Select(eigenvalue => eigenvalue.Residual),
            Smallest = Hessian.Smallest.Value,
            SmallestResidual = Hessian.Smallest.Residual,
            Converged = Hessian.HasConverged,
            Hessian.Iterations,
            Trace = Trace is null ? null : ToJson(Trace),
        },
        Seconds,
    };

    /// <summary>A table for people.</summary>
    internal void Print(Session session)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("");
        foreach (string heading in (string[])["mean", "95 % interval", "n"]) table.AddColumn(new TableColumn(heading).RightAligned());
        foreach ((WorstCaseOptions options, IReadOnlyList<WorstPerturbation> groups) in WorstCases) AddRow($"worst-case loss increase, rho {Number(options.Rho)}", LossIncreases(groups));
        foreach ((double sigma, IReadOnlyList<Sharpness> draws) in Averages) AddRow($"average loss increase, sigma {Number(sigma)}", LossIncreases(draws));
        for (int i = 0; i < (Hessian?.Largest.Count ?? 0); i++)
        {
            HessianEigenvalue eigenvalue = Hessian!.Largest[i];
            table.AddRow($"eigenvalue {i + 1} of the Hessian", Number(eigenvalue.Value), $"± {Number(eigenvalue.Residual)} (residual)", "");
        }

        if (Trace is not null) AddRow("trace of the Hessian", Trace);
        session.Console.Write(table);
        string kind = $"{NormName}{(Request.Neighbourhood.IsAdaptive ? ", adaptive" : "")}, {PerturbedWeights.ToString(CultureInfo.InvariantCulture)} weights";
        session.Output.WriteLine($"loss {Number(Point.Loss)} on {Examples} examples of the {(Request.UsesTestSet ? "test" : "training")} set; perturbations: {kind}; worst case: n groups of {GroupSize}, average: n draws");
        if (Hessian is { HasConverged: false }) session.Errors.WriteLine($"warning: the eigenvalues have not converged in {Hessian.Iterations} iterations; more --iterations help");

        void AddRow(string name, Estimate estimate) =>
            table.AddRow(name, Number(estimate.Mean), estimate.Low is { } low ? $"{Number(low)} to {Number(estimate.High!.Value)}" : "", estimate.Samples.ToString(CultureInfo.InvariantCulture));
    }

    private string NormName => Request.Neighbourhood.Norm == PerturbationNorm.L2 ? "l2" : "linf";

    private static Estimate LossIncreases(IReadOnlyList<WorstPerturbation> groups) => Estimate.Of([.. groups.Select(group => group.Sharpness.LossIncrease)]);

    private static Estimate LossIncreases(IReadOnlyList<Sharpness> draws) => Estimate.Of([.. draws.Select(draw => draw.LossIncrease)]);

    private static object ToJson(Estimate estimate) => new
    {
        estimate.Mean,
        estimate.StandardDeviation,
        Confidence = estimate.Low is { } low ? new[] { low, estimate.High!.Value } : null,
        N = estimate.Samples,
    };

    private static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}

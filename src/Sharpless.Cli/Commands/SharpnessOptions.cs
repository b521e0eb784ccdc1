using System.CommandLine;
using Sharpless.Analysis;
using Sharpless.Cli.Hosting;

namespace Sharpless.Cli.Commands;

/// <summary>Options of <c>sharpless sharpness</c>.</summary>
internal sealed class SharpnessOptions
{
    private const string WorstCase = "worst-case", Average = "average", Hessian = "hessian";

    private static readonly string[] Measures = [WorstCase, Average, Hessian];

    private readonly Option<string?> _run = new("--run") { Description = "Run folder, as `sharpless train` writes it.", HelpName = "DIR", Required = true };
    private readonly Option<string[]> _measures = TextOption.ListOf("--measures", $"What to measure, separated by commas: {string.Join(", ", Measures)} [default: all].", Measures);

    private readonly Option<string> _split = TextOption.Word("--split", "Examples to measure on: the training set or the test set, never augmented.", "train", "SET", "train", "test");
    private readonly Option<int> _examples = NumberOption.Integer("--examples", "How many of them, the first ones.", 512, minimum: 1);
    private readonly Option<int> _group = NumberOption.Integer("--group-size", "Examples that share a worst-case perturbation (m of m-sharpness); the interval is over these groups.", 128, minimum: 1);
    private readonly Option<string> _norm = TextOption.Word("--norm", "Norm of the perturbation, over all weights: l2, or linf (each weight moves by at most rho).", "l2", "NORM", "l2", "linf");
    private readonly Option<bool> _isAdaptive = new("--adaptive") { Description = "Scale each weight's perturbation by its absolute value (arXiv:2302.07011)." };
    private readonly Option<double[]> _rhos = NumberOption.Reals("--rho", "Radii, separated by commas [default: 0.05; linf 0.0005; adaptive 0.5; adaptive linf 0.005].", value => value >= 0, "0 or more");
    private readonly Option<string[]> _parameters = TextOption.List("--parameters", "Perturb only parameters whose names contain one of these texts, separated by commas [default: all].");
    private readonly Option<int> _steps = NumberOption.Integer("--steps", "Steps of the ascent to the worst perturbation.", 10, minimum: 1);
    private readonly Option<double> _stepSize = NumberOption.Real("--step-size", "Size of the first step [default: rho; 2 rho with --step-schedule auto].", 0, value => value > 0, "above 0").WithoutDefault();
    private readonly Option<string> _schedule = TextOption.Word("--step-schedule", "Size of later steps: auto (Auto-PGD: momentum, and half the size where the loss stops rising), halving (a, a/2, a/4, a/8 over the quarters) or constant.", "auto", "NAME", "auto", "halving", "constant");
    private readonly Option<bool> _isUnnormalized = new("--unnormalized-steps") { Description = "Steps are the gradient times --step-size, whatever its norm; with --step-schedule halving or constant." };
    private readonly Option<int> _restarts = NumberOption.Integer("--restarts", "Ascents; the largest loss counts. More than one needs --random-start or --targeted.", 1, minimum: 1);
    private readonly Option<bool> _startsAtRandom = new("--random-start") { Description = "Ascents start at a random perturbation of size rho." };
    private readonly Option<bool> _isTargeted = new("--targeted") { Description = "Ascents go towards random wrong labels." };
    private readonly Option<double[]> _sigmas = NumberOption.Reals("--sigma", "Standard deviations of the random perturbations, separated by commas [default: those that go with --rho: rho / sqrt(number of weights), linf: rho].", value => value >= 0, "0 or more");
    private readonly Option<int> _draws = NumberOption.Integer("--draws", "Random perturbations.", 20, minimum: 1);
    private readonly Option<int> _eigenvalues = NumberOption.Integer("--eigenvalues", "Largest eigenvalues of the Hessian.", 1, minimum: 1);
    private readonly Option<int> _iterations = NumberOption.Integer("--iterations", "At most so many products with the Hessian.", 40, minimum: 1);
    private readonly Option<double> _tolerance = NumberOption.Real("--tolerance", "Share of the largest eigenvalue that each may be off.", new HessianOptions().Tolerance, value => value is > 0 and < 1, "above 0 and below 1");
    private readonly Option<int> _traceDraws = NumberOption.Integer("--trace-draws", "Random vectors for the trace of the Hessian; 0 for no trace.", 0);

    internal void AddTo(Command command)
    {
        foreach (Option option in new Option[]
        {
            _run, _measures, _split, _examples, _group, _norm, _isAdaptive, _rhos, _parameters, _steps, _stepSize, _schedule, _isUnnormalized, _restarts, _startsAtRandom, _isTargeted,
            _sigmas, _draws, _eigenvalues, _iterations, _tolerance, _traceDraws, DataFolderOption.Create(), MemoryLimitOption.Create(), DryRun.Option(),
        }) command.Options.Add(option);
        new EffectTable()
            .Add(
                ["--group-size", "--steps", "--step-size", "--step-schedule", "--unnormalized-steps", "--restarts", "--random-start", "--targeted"],
                given => Without(given, WorstCase), _ => Measure(WorstCase))
            .Add(["--sigma", "--draws"], given => Without(given, Average), _ => Measure(Average))
            .Add(["--eigenvalues", "--iterations", "--tolerance", "--trace-draws", "--memory-limit"], given => Without(given, Hessian), _ => Measure(Hessian))
            .Add(["--norm", "--adaptive"], given => Without(given, WorstCase, Average), _ => Measure(WorstCase))
            .Add(
                ["--rho"],
                given => given.Has("--sigma") ? Without(given, WorstCase) : Without(given, WorstCase, Average),
                _ => $"{Measure(WorstCase)} The average goes by --sigma where that is given.")
            .Add(["--step-schedule"], given => given.Value<int>("--steps") == 1 ? "with --steps 1" : null)
            .Govern(command);
    }

    // None where one of these measures is asked for.
    private static string? Without(GivenOptions given, params string[] measures)
    {
        string[] asked = MeasuresOf(given.Value<string[]>("--measures"));
        return asked.Intersect(measures).Any() ? null : $"with --measures {string.Join(',', asked)}";
    }

    private static string Measure(string measure) => $"Leave it out, or add {measure} to --measures.";

    /// <summary>What is asked for.</summary>
    /// <exception cref="UsageException">Options that do not go together.</exception>
    internal SharpnessRequest Read(ParseResult parsed)
    {
        string[] measures = MeasuresOf(parsed.GetValue(_measures));
        var neighbourhood = new Neighbourhood
        {
            Norm = parsed.GetValue(_norm) == "l2" ? PerturbationNorm.L2 : PerturbationNorm.LInfinity,
            IsAdaptive = parsed.GetValue(_isAdaptive),
            Parameters = parsed.GetValue(_parameters) ?? [],
        };
        double[] rhos = parsed.GetValue(_rhos) is { Length: > 0 } asked ? asked : [DefaultRho(neighbourhood)];
        StepSchedule schedule = parsed.GetValue(_schedule) switch
        {
            "auto" => StepSchedule.Automatic,
            "halving" => StepSchedule.Halving,
            _ => StepSchedule.Constant,
        };
        if (schedule == StepSchedule.Automatic && parsed.GetValue(_isUnnormalized))
        {
            throw new UsageException(
                "--unnormalized-steps is given, but --step-schedule auto has steps of its own size.", "Add --step-schedule halving or constant.");
        }

        WorstCaseOptions[] worstCases = [.. rhos.Select(rho => new WorstCaseOptions
        {
            Rho = rho,
            Neighbourhood = neighbourhood,
            Steps = parsed.GetValue(_steps),
            StepSize = parsed.GetResult(_stepSize) is null ? null : parsed.GetValue(_stepSize),
            Schedule = schedule,
            NormalizesSteps = !parsed.GetValue(_isUnnormalized),
            Restarts = parsed.GetValue(_restarts),
            StartsAtRandom = parsed.GetValue(_startsAtRandom),
            IsTargeted = parsed.GetValue(_isTargeted),
        })];
        var hessian = new HessianOptions
        {
            Eigenvalues = parsed.GetValue(_eigenvalues), MaximumIterations = parsed.GetValue(_iterations), Tolerance = parsed.GetValue(_tolerance), Parameters = neighbourhood.Parameters,
        };
        if (worstCases.SelectMany(options => options.Problems()).Concat(hessian.Problems()).FirstOrDefault() is string problem) throw new UsageException(problem, "See sharpless sharpness --help.");
        return new SharpnessRequest
        {
            Run = parsed.GetValue(_run)!,
            Measures = measures,
            UsesTestSet = parsed.GetValue(_split) == "test",
            Examples = parsed.GetValue(_examples),
            GroupSize = parsed.GetValue(_group),
            Neighbourhood = neighbourhood,
            WorstCases = measures.Contains(WorstCase) ? worstCases : [],
            MeasuresAverage = measures.Contains(Average),
            Rhos = rhos,
            Sigmas = parsed.GetValue(_sigmas) ?? [],
            Draws = parsed.GetValue(_draws),
            Hessian = measures.Contains(Hessian) ? hessian : null,
            TraceDraws = measures.Contains(Hessian) ? parsed.GetValue(_traceDraws) : 0,
        };
    }

    private static string[] MeasuresOf(string[]? given) => given is { Length: > 0 } ? given : Measures;

    private static double DefaultRho(Neighbourhood neighbourhood) => (neighbourhood.Norm, neighbourhood.IsAdaptive) switch
    {
        (PerturbationNorm.L2, false) => 0.05,
        (PerturbationNorm.L2, true) => 0.5,
        (PerturbationNorm.LInfinity, false) => 0.0005,
        _ => 0.005,
    };
}

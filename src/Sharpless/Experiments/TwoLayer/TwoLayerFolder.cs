using System.Globalization;
using System.Text;
using Sharpless.Torch.Files;
using Sharpless.Training;

namespace Sharpless.Experiments.TwoLayer;

/// <summary>A run in a folder: <c>config.json</c>, <c>curves.csv</c>, <c>mechanism.csv</c>, <c>log.txt</c>.</summary>
public static class TwoLayerFolder
{
    /// <summary>Name of the file with every evaluation of every student.</summary>
    public const string Curves = "curves.csv";

    /// <summary>Name of the file with what the steps of SAM did, a line for each student.</summary>
    public const string Mechanism = "mechanism.csv";

    /// <summary>Takes the folder, runs the experiments, writes what came of them.</summary>
    /// <param name="options">Which and how.</param>
    /// <param name="place">The folder, new or empty; or that of the same run where it resumes, which begins anew and comes to the same.</param>
    /// <param name="threads">Students that are trained at a time.</param>
    /// <param name="tell">Told after each student; may be null.</param>
    /// <param name="cancel">Stops the run; nothing but its configuration is left then.</param>
    /// <exception cref="UsageException">The options have problems, or the folder holds something else.</exception>
    public static TwoLayerRun Run(TwoLayerOptions options, TrainPlace place, int threads, Action<TwoLayerProgress>? tell = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(place);
        if (options.Problems().ToList() is { Count: > 0 } problems) throw new UsageException(string.Join(" ", problems), "See sharpless two-layer --help.");
        using RunFolder folder = RunFolder.Take(place.Folder, "two-layer", options, place.Resumes);
        if (folder.IsNew)
        {
            const int Parameters = (TeacherTask.Dimensions + 2) * TwoLayerExperiment.StudentUnits + 1;
            AtomicFile.WriteAllText(folder.Configuration, RunConfiguration.Write(
                new RunIdentity("two-layer", options, new Dictionary<string, string>()), place, new { parameters = Parameters }, new { name = "teacher", train = TeacherTask.TrainCount, test = TeacherTask.TestCount }));
        }

        folder.Log("start");
        TwoLayerRun run = TwoLayerLab.Run(options, threads, tell, cancel);
        AtomicFile.WriteAllText(Path.Combine(folder.Path, Curves), Table(run.Students));
        if (run.Mechanism.Count > 0) AtomicFile.WriteAllText(Path.Combine(folder.Path, Mechanism), Table(run.Mechanism));
        folder.Log("done");
        return run;
    }

    private static string Table(IReadOnlyList<StudentRun> students)
    {
        var text = new StringBuilder("experiment,value,seed,iteration,train_loss,test_loss,feature_rank,test_feature_rank,active_units,distinct_units,l2\n");
        foreach (StudentRun student in students)
        {
            foreach (StudentMetrics at in student.Evaluations)
            {
                text.Append(CultureInfo.InvariantCulture, $"{student.Experiment},{student.Value},{student.Seed},{at.Iteration},{at.TrainLoss},{at.TestLoss},");
                text.Append(CultureInfo.InvariantCulture, $"{at.FeatureRank},{at.TestFeatureRank},{at.ActiveUnits},{at.DistinctUnits},{at.L2}\n");
            }
        }

        return text.ToString();
    }

    private static string Table(IReadOnlyList<MechanismRun> students)
    {
        var text = new StringBuilder("rho,seed,sign_agreement,first_order_error,pattern_kept,exact_error,reduction,fitting,units_lost,units_back\n");
        foreach (MechanismRun of in students)
        {
            text.Append(CultureInfo.InvariantCulture, $"{of.Rho},{of.Seed},{of.SignAgreement},{of.FirstOrderError},{of.PatternKept},{of.ExactError},");
            text.Append(CultureInfo.InvariantCulture, $"{of.Reduction},{of.Fitting},{of.UnitsLost},{of.UnitsBack}\n");
        }

        return text.ToString();
    }
}

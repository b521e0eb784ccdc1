namespace Sharpless.Cli.Report.Sparse;

/// <summary>What the published notebook of the exercise reports: one run, on 1,000 test images, of a network whose widths it does not state.</summary>
internal static class PublishedExercise
{
    private static readonly Dictionary<string, double> TestAccuracies = new() { ["dense"] = 0.9778, ["pruned"] = 0.9386, ["sgd"] = 0.9543, ["sam"] = 0.9758 };

    /// <summary>Its test accuracy of an arm, or null where it has no such arm.</summary>
    public static double? TestAccuracy(string arm) => TestAccuracies.TryGetValue(arm, out double accuracy) ? accuracy : null;
}

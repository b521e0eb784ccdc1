namespace Sharpless.Data;

/// <summary>Whether the classes of a data set can be told apart: each has examples, and there are two or more.</summary>
internal static class ClassCheck
{
    private const int Named = 5;

    /// <summary>The same data, with a note for classes that lack examples.</summary>
    /// <exception cref="UsageException">All training examples are of one class.</exception>
    internal static ImageData Checked(ImageData data)
    {
        bool[] trained = Present(data.Train, data.Train.Count - data.ValidationCount), tested = Present(data.Test, data.Test.Count);
        if (trained.Count(present => present) < 2)
        {
            throw new UsageException(
                $"All training examples of {data.Name} are of one class ({Array.IndexOf(trained, true)}); a network learns nothing from one class.",
                "Give examples of two classes or more.");
        }

        int[] absent = Where(trained, false);
        if (absent.Length == 0) return data;
        List<string> notes = [$"{data.Name}: {List(absent)} no training example, though labels run up to {data.Classes - 1}. Number the classes 0, 1, 2, ... where that is not meant."];
        int[] untrained = [.. absent.Where(label => tested[label])];
        if (untrained.Length > 0) notes.Add($"{data.Name}: {List(untrained)} test examples but no training example; the network cannot get them right.");
        return data with { Notes = [.. data.Notes, .. notes] };
    }

    private static bool[] Present(ImageSet images, int count)
    {
        var present = new bool[images.Classes];
        foreach (int label in images.Labels.AsSpan(0, count)) present[label] = true;
        return present;
    }

    private static int[] Where(bool[] present, bool value) => [.. Enumerable.Range(0, present.Length).Where(label => present[label] == value)];

    private static string List(int[] labels)
    {
        string names = string.Join(", ", labels.Take(Named)) + (labels.Length > Named ? $" and {labels.Length - Named} more" : "");
        return labels.Length == 1 ? $"class {names} has" : $"classes {names} have";
    }
}

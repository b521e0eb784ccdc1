namespace Sharpless.Training;

/// <summary>Quantities as JSON documents have them: <c>feature_rank.block4</c> becomes <c>{"feature_rank":{"block4":..}}</c>.</summary>
internal static class GroupedQuantities
{
    /// <param name="values">By column of <c>metrics.csv</c>.</param>
    /// <param name="always">Groups that are there even where nothing of them was measured.</param>
    internal static Dictionary<string, object> Of(IReadOnlyDictionary<string, double> values, params IReadOnlyList<string> always)
    {
        Dictionary<string, object> document = values.Where(item => !item.Key.Contains('.', StringComparison.Ordinal)).ToDictionary(item => item.Key, item => (object)item.Value);
        IEnumerable<string> groups = values.Keys.Where(column => column.Contains('.', StringComparison.Ordinal)).Select(column => column[..column.IndexOf('.', StringComparison.Ordinal)]);
        foreach (string group in always.Union(groups))
        {
            document[group] = values
                .Where(item => item.Key.StartsWith(group + ".", StringComparison.Ordinal))
                .ToDictionary(item => item.Key[(group.Length + 1)..], item => item.Value);
        }

        return document;
    }
}

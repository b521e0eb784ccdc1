namespace Sharpless.Training;

/// <summary>One evaluation during training: a row of <c>metrics.csv</c>.</summary>
/// <param name="Epoch">Epochs trained so far; a fraction between two epochs.</param>
/// <param name="Iteration">Steps taken so far.</param>
/// <param name="Values">What was measured, by column name (<c>train_loss</c>, <c>knn_error.block4</c>, ...). Errors run from 0 to 1.
/// Columns whose cell is empty are absent.</param>
public sealed record EvaluationRecord(double Epoch, long Iteration, IReadOnlyDictionary<string, double> Values)
{
    /// <summary>A measured quantity, or null where it was not measured at this evaluation.</summary>
    /// <param name="quantity">Column name.</param>
    public double? this[string quantity] => Values.TryGetValue(quantity, out double value) ? value : null;
}

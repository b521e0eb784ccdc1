using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Cli.Commands;

/// <summary>What the networks before and after a pruning take.</summary>
/// <param name="Shape">Their images.</param>
/// <param name="BatchSize">Images in a timed batch.</param>
/// <param name="Precision">Type of the weights while computing.</param>
/// <param name="Device">Where it was timed.</param>
/// <param name="Networks">Cost by name; the first is the dense one.</param>
internal sealed record PruneCost(ModelShape Shape, int BatchSize, Precision Precision, Device Device, IReadOnlyList<(string Name, NetworkCost Cost)> Networks)
{
    /// <summary>How many times as fast as the dense network one is, by the medians.</summary>
    internal double Speed(NetworkCost cost) => Networks[0].Cost.SecondsPerBatch.Median / cost.SecondsPerBatch.Median;

    /// <summary>What the figures say about the time.</summary>
    internal IEnumerable<string> Findings()
    {
        NetworkCost dense = Networks[0].Cost;
        foreach ((string name, NetworkCost cost) in Networks.Skip(1))
        {
            bool isApart = cost.SecondsPerBatch.UpperQuartile < dense.SecondsPerBatch.LowerQuartile || dense.SecondsPerBatch.UpperQuartile < cost.SecondsPerBatch.LowerQuartile;
            if (cost.MultiplyAdds == dense.MultiplyAdds)
            {
                yield return $"{name}: its zeros bring no speed, because the kernels multiply them like any other number"
                    + (isApart ? "; both networks do the same work, and the times differ by what else the machine does." : ".");
            }
            else
            {
                yield return FormattableString.Invariant($"{name}: {Speed(cost):0.00} times as fast as dense, with {(double)cost.MultiplyAdds / dense.MultiplyAdds:0.0 %} of its multiply-adds.");
            }
        }
    }

    internal Dictionary<string, object?> ToDocument()
    {
        var document = new Dictionary<string, object?>
        {
            ["image"] = new[] { Shape.Channels, Shape.Height, Shape.ImageWidth }, ["batch_size"] = BatchSize, ["precision"] = Precision == Precision.BFloat16 ? "bf16" : "fp32",
            ["device"] = $"{Device}", ["threads"] = Runtime.Threads, ["libtorch"] = Runtime.LibtorchVersion, ["cpu"] = Processor.Name, ["findings"] = Findings(),
        };
        foreach ((string name, NetworkCost cost) in Networks) document[name] = cost;
        return document;
    }
}

using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Optimization;

/// <summary>
/// All that a training goes on from, as bytes by name: weights, point, the state of the base optimizer and of the variant, batch-norm statistics and
/// settings, the modes of all modules, and libtorch's default generator.
/// </summary>
internal static class WholeState
{
    internal const string Buffers = "buffer ";

    internal static SortedDictionary<string, string> Of(nn.Module model, WeightSpace weights, Optimizer optimizer)
    {
        using var scope = NewDisposeScope();
        var state = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < weights.Segments.Count; i++)
        {
            state[$"master {i}"] = Hex(weights.Segments[i].Master);
            state[$"point {i}"] = Hex(weights.Segments[i].Point.To(ScalarType.Float32));
        }

        foreach ((string name, Tensor[] parts) in optimizer.BaseOptimizer.State.Concat(optimizer.State))
        {
            for (int i = 0; i < parts.Length; i++) state[$"state {name} {i}"] = Hex(parts[i]);
        }

        foreach ((string name, Tensor buffer) in model.Buffers()) state[Buffers + name] = Hex(buffer);
        int number = 0;
        foreach (nn.Module module in model.All())
        {
            state[$"module {number}"] = $"{module.GetType().Name}, training {module.training}";
            if (module is BatchNorm norm) state[$"module {number}"] += $", moves {norm.MovesStatistics}, frozen {norm.IsFrozen}, momentum {norm.Momentum:R}";
            number++;
        }

        state["generator"] = Hex(Generator.DefaultState());
        return state;
    }

    internal static string[] Differences(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after)
    {
        Assert.Equal(before.Keys, after.Keys);
        return [.. before.Keys.Where(key => before[key] != after[key])];
    }

    private static string Hex(Tensor tensor) => tensor.dtype switch
    {
        ScalarType.Float32 => Convert.ToHexString(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(tensor.ToArray<float>())),
        ScalarType.Int64 => Convert.ToHexString(System.Runtime.InteropServices.MemoryMarshal.AsBytes<long>(tensor.ToArray<long>())),
        ScalarType.Byte => Convert.ToHexString(tensor.ToArray<byte>()),
        _ => throw new ArgumentException($"No bytes of {tensor.Text}."),
    };
}

namespace Sharpless.Weights;

/// <summary>Shapes of the tensors that a model is to be loaded with, where they decide its form: optional biases, and the widths of a network whose channels were removed.</summary>
/// <param name="shapes">Shape by name, as in <c>state_dict</c>; empty where nothing is given.</param>
public sealed class GivenShapes(IReadOnlyDictionary<string, long[]> shapes)
{
    /// <summary>Nothing is given: the model has its own form.</summary>
    public static GivenShapes None { get; } = new(new Dictionary<string, long[]>());

    private static readonly string[] NormTensors = ["weight", "bias", "running_mean", "running_var"];

    /// <summary>Whether a tensor of one of these names is given; without any given tensors, what the model has by itself.</summary>
    public bool Has(bool otherwise, params string[] names) => shapes.Count == 0 ? otherwise : names.Any(shapes.ContainsKey);

    /// <summary>Names of the given tensors.</summary>
    internal IEnumerable<string> Names => shapes.Keys;

    /// <summary>
    /// Outputs of a layer. All tensors that have one entry for each of them are asked, and the number that most of them have is taken: so a single tensor of
    /// another size is what does not fit when the weights are loaded, and it is named.
    /// </summary>
    /// <param name="layer">Name of the layer: its weight has the outputs first, its bias has nothing else.</param>
    /// <param name="otherwise">Outputs of the whole layer, where nothing is given. More are never taken.</param>
    /// <param name="norm">Name of the normalization over the outputs; null for none.</param>
    /// <param name="consumers">Names of layers that read each output once: their weights have the outputs second.</param>
    public int Outputs(string layer, int otherwise, string? norm = null, params string[] consumers)
    {
        IEnumerable<long> sizes = new[] { Size($"{layer}.weight", 0), Size($"{layer}.bias", 0) }.Concat(consumers.Select(consumer => Size($"{consumer}.weight", 1)));
        if (norm is not null) sizes = sizes.Concat(NormTensors.Select(tensor => Size($"{norm}.{tensor}", 0)));
        long outputs = sizes.Where(size => size > 0 && size <= otherwise).GroupBy(size => size).OrderByDescending(same => same.Count()).ThenByDescending(same => same.Key).FirstOrDefault()?.Key ?? otherwise;
        return (int)outputs;

        long Size(string name, int dimension) => shapes.TryGetValue(name, out long[]? shape) && shape.Length > dimension ? shape[dimension] : 0;
    }

    /// <summary>The same shapes under other names.</summary>
    internal GivenShapes Renamed(Func<string, string> rename) => new(shapes.ToDictionary(item => rename(item.Key), item => item.Value));
}

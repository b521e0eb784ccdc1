namespace Sharpless.Weights;

/// <summary>Shapes of the tensors that a model is to be loaded with, where they decide its form: optional biases, and the widths of a network whose channels were removed.</summary>
/// <param name="shapes">Shape by name, as in <c>state_dict</c>; empty where nothing is given.</param>
public sealed class GivenShapes(IReadOnlyDictionary<string, long[]> shapes)
{
    /// <summary>Nothing is given: the model has its own form.</summary>
    public static GivenShapes None { get; } = new(new Dictionary<string, long[]>());

    /// <summary>Whether a tensor of that name is given; without any given tensors, what the model has by itself.</summary>
    public bool Has(string name, bool otherwise) => shapes.Count == 0 ? otherwise : shapes.ContainsKey(name);

    /// <summary>Outputs of a layer (the first dimension of its weight); where it is not given, what the model has by itself.</summary>
    /// <param name="weight">Name of the weight.</param>
    /// <param name="otherwise">Outputs of the whole layer; a given width beyond it is not taken, so that loading names the tensor that does not fit.</param>
    public int Outputs(string weight, int otherwise) => shapes.TryGetValue(weight, out long[]? shape) && shape.Length > 0 && shape[0] > 0 && shape[0] < otherwise ? (int)shape[0] : otherwise;
}

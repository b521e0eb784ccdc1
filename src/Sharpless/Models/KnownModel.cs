using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Models;

/// <summary>A model of the catalog to which the tensors of a file belong.</summary>
/// <param name="Name">One of <see cref="ModelCatalog.Names"/>.</param>
/// <param name="ChannelGroups">Its channels and what belongs to them.</param>
public sealed record KnownModel(string Name, IReadOnlyList<ChannelGroup> ChannelGroups)
{
    // Names do not depend on it.
    private static readonly ModelShape AnyShape = new(Channels: 3, Height: 32, ImageWidth: 32, Classes: 10, Width: 1);

    /// <summary>Finds the model that has exactly the tensors of these names and numbers of dimensions, whatever their widths.</summary>
    /// <param name="shapes">Shape of each tensor by name, as in <c>state_dict</c>; a wrapper's prefix before all names is understood, and so are published names.</param>
    /// <returns>
    /// Null where none has; the first of the catalog where several have (<c>resnet34</c> has another name, and <c>vgg16</c> is trained in two ways). Channel groups
    /// have the names of the file.
    /// </returns>
    public static KnownModel? Recognize(IReadOnlyDictionary<string, long[]> shapes)
    {
        ArgumentNullException.ThrowIfNull(shapes);
        string prefix = WrapperPrefix.Shared([.. shapes.Keys]);
        Dictionary<string, long[]> own = shapes.ToDictionary(item => item.Key[prefix.Length..], item => item.Value);
        HashSet<(string, int)> given = [.. own.Where(item => !item.Key.EndsWith(ModuleState.BatchCounter, StringComparison.Ordinal)).Select(item => (item.Key, item.Value.Length))];
        foreach ((string name, int width) in ModelCatalog.Names.SelectMany(name => ModelCatalog.TellingWidthsOf(name).Select(width => (name, width))))
        {
            using var scope = NewDisposeScope();
            Classifier model = ModelCatalog.Create(name, AnyShape with { Width = width }, new GivenShapes(own));
            IReadOnlyDictionary<string, string> published = ModelCatalog.PublishedNamesOf(name);
            HashSet<(string, int)> names = [.. ModuleState.Of(model).Select(item => (item.Name, (int)item.Tensor.Dimensions))];
            // Counted first: a file of very many tensors is not gone through for each model.
            if (names.Count != given.Count || !names.SetEquals(given.Select(item => (published.GetValueOrDefault(item.Item1, item.Item1), item.Item2)))) continue;
            return new KnownModel(name, [.. model.ChannelGroups.Select(group => InFile(group, prefix))]);
        }

        return null;
    }

    private static ChannelGroup InFile(ChannelGroup group, string prefix) => group with
    {
        Producer = prefix + group.Producer,
        Norm = group.Norm is null ? null : prefix + group.Norm,
        Consumers = [.. group.Consumers.Select(consumer => prefix + consumer)],
    };
}

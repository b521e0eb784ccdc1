using System.Xml.Linq;

namespace Sharpless.Torch.Pictures;

/// <summary>
/// How large and how deep an SVG drawing becomes once each reference is replaced by what it refers to: few lines can ask for billions of
/// shapes, and whoever draws them follows any nesting until the stack ends.
/// </summary>
internal sealed class SvgGrowth
{
    /// <summary>Most elements inside one another.</summary>
    public const int DeepestNesting = 100;

    private const long MostElements = 50_000;
    private static readonly Extent Open = new(0, -1);

    /// <summary>A <see cref="Problem"/>.</summary>
    public static readonly string TooDeep = $"parts nested more than {DeepestNesting} deep";

    private readonly ILookup<string, XElement> _named;
    private readonly Dictionary<XElement, Extent> _known = [];

    /// <summary>Measures a drawing whose references all lead to places in it.</summary>
    public SvgGrowth(XElement root)
    {
        _named = root.DescendantsAndSelf().Where(element => element.Attribute("id") is not null).ToLookup(element => element.Attribute("id")!.Value, StringComparer.Ordinal);
        Measure(root, 1);
    }

    /// <summary>What is too much, to stand behind "a drawing with"; null where nothing is.</summary>
    public string? Problem { get; private set; }

    private Extent Measure(XElement element, int depth)
    {
        if (_known.TryGetValue(element, out Extent extent))
        {
            if (extent == Open) Problem ??= "a part that contains itself";
            return extent;
        }

        _known[element] = Open;
        extent = new Extent(1, 1);
        foreach (XElement part in element.Elements().Concat(element.Attributes().SelectMany(SvgShapes.Targets).SelectMany(name => _named[name])))
        {
            if (depth >= DeepestNesting) Problem ??= TooDeep;
            if (Problem is not null) return extent;
            Extent inner = Measure(part, depth + 1);
            extent = new Extent(extent.Elements + inner.Elements, Math.Max(extent.Depth, 1 + inner.Depth));
        }

        if (extent.Elements > MostElements) Problem ??= $"more than {MostElements} elements, repeated ones counted each time";
        if (depth + extent.Depth - 1 > DeepestNesting) Problem ??= TooDeep;
        return _known[element] = extent;
    }

    private readonly record struct Extent(long Elements, int Depth);
}

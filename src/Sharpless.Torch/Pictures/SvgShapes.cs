using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Sharpless.Torch.Files;

namespace Sharpless.Torch.Pictures;

/// <summary>
/// Lets through those parts of an SVG document that are drawn from it alone. Svg.Skia fetches pictures, style sheets, fonts and parts of
/// other documents from files and servers; so nothing reaches it but elements known here, and references to other places in the document.
/// </summary>
internal static partial class SvgShapes
{
    private const string Simplify = "Simplify it.";

    private static readonly XNamespace SvgNames = "http://www.w3.org/2000/svg", Link = "http://www.w3.org/1999/xlink";

    private static readonly HashSet<string> Drawn =
    [
        "svg", "g", "a", "defs", "symbol", "use", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon",
        "linearGradient", "radialGradient", "stop", "pattern", "clipPath", "mask", "marker",
        "filter", "feBlend", "feColorMatrix", "feComponentTransfer", "feFuncR", "feFuncG", "feFuncB", "feFuncA", "feComposite", "feFlood",
        "feGaussianBlur", "feMerge", "feMergeNode", "feOffset",
    ];

    // They show nothing in a picture that stands still.
    private static readonly HashSet<string> ShownNowhere =
        ["title", "desc", "metadata", "script", "view", "animate", "animateColor", "animateMotion", "animateTransform", "set"];

    /// <summary>Reads a document.</summary>
    /// <exception cref="XmlException">It is not XML.</exception>
    /// <exception cref="InvalidDataException">It is not SVG, or something in it is not drawn here.</exception>
    public static XDocument Read(ReadOnlySpan<byte> bytes, FilePlace file)
    {
        // Entities are not replaced, so that a document is no larger than its file; declarations are not fetched.
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null };
        byte[] content = bytes.ToArray();
        // First without a tree: to build one takes time by the square of its depth.
        using (var reader = XmlReader.Create(new MemoryStream(content), settings))
            while (reader.Read())
                if (reader.Depth > SvgGrowth.DeepestNesting) throw Refused(SvgGrowth.TooDeep, Simplify);
        using var again = XmlReader.Create(new MemoryStream(content), settings);
        var document = XDocument.Load(again);
        XElement root = document.Root!;
        if (root.Name != SvgNames + "svg") throw PictureFile.Damaged(file, Svg.Format, $"its root is <{root.Name.LocalName}>, not <svg> of {SvgNames}");
        if (root.Attribute("viewBox") is null && (IsRelative(root.Attribute("width")) || IsRelative(root.Attribute("height"))))
            throw Refused("no size", "Give it a viewBox, or width and height.");
        root.Descendants().Where(element => element.Name.Namespace != SvgNames || ShownNowhere.Contains(element.Name.LocalName)).ToList().ForEach(element => element.Remove());
        foreach (XElement element in root.DescendantsAndSelf())
        {
            if (!Drawn.Contains(element.Name.LocalName))
                throw Refused($"<{element.Name.LocalName}>", "Draw it with shapes: text as paths, style sheets as properties of the elements.");
            RemoveForeign(element);
            foreach (XAttribute attribute in element.Attributes())
                if (LeadsOutside(attribute)) throw Refused($"{FilePlace.Quote(attribute.ToString())}, which leads out of the drawing", "Put into it what it refers to.");
        }

        if (document.DescendantNodes().OfType<XProcessingInstruction>().Any(instruction => instruction.Target == "xml-stylesheet"))
            throw Refused("a style sheet outside of the drawing", "Put its properties into the elements.");
        document.DescendantNodes().Where(node => node is not XElement).ToList().ForEach(node => node.Remove());
        if (new SvgGrowth(root).Problem is { } problem) throw Refused(problem, Simplify);
        return document;

        InvalidDataException Refused(string given, string mend) => file.Error(0, $"an SVG drawing with {given}", "shapes that are drawn from the file alone", mend);
    }

    /// <summary>The names of the elements to which an attribute refers.</summary>
    public static IEnumerable<string> Targets(XAttribute attribute) =>
        IsLink(attribute) ? [attribute.Value[1..]] : Function().Matches(attribute.Value).Select(match => match.Groups["name"].Value);

    private static bool IsRelative(XAttribute? length) => length is null || length.Value.TrimEnd().EndsWith('%');

    // Attributes of other programs, and links for whoever clicks on them.
    private static void RemoveForeign(XElement element)
    {
        foreach (XAttribute attribute in element.Attributes().ToList())
            if ((attribute.Name.Namespace != XNamespace.None && !attribute.IsNamespaceDeclaration && !IsLink(attribute))
                || attribute.Name.LocalName.StartsWith("data-", StringComparison.Ordinal)
                || (element.Name.LocalName == "a" && IsLink(attribute)))
                attribute.Remove();
    }

    // A backslash could spell any of this otherwise.
    private static bool LeadsOutside(XAttribute attribute) => !attribute.IsNamespaceDeclaration
        && (IsLink(attribute)
            ? !Fragment().IsMatch(attribute.Value)
            : attribute.Value.Contains('\\', StringComparison.Ordinal) || AnyFunction().Count(attribute.Value) != Function().Count(attribute.Value));

    private static bool IsLink(XAttribute attribute) => attribute.Name == "href" || attribute.Name == Link + "href";

    [GeneratedRegex(@"\A#[\w.:-]+\z")]
    private static partial Regex Fragment();

    [GeneratedRegex(@"url\s*\(", RegexOptions.IgnoreCase)]
    private static partial Regex AnyFunction();

    [GeneratedRegex(@"url\(\s*(?<quote>[""']?)#(?<name>[\w.:-]+)\k<quote>\s*\)", RegexOptions.IgnoreCase)]
    private static partial Regex Function();
}

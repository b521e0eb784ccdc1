using System.Globalization;
using System.Net;

namespace Sharpless.Cli.Report;

/// <summary>A piece of HTML. Everything put into a template is encoded unless it is HTML already, so no foreign text can become markup.</summary>
internal sealed record Html(string Text)
{
    /// <summary>Nothing.</summary>
    public static readonly Html Empty = new("");

    /// <summary>Fills a template.</summary>
    public static Html Of(FormattableString template) =>
        new(string.Format(CultureInfo.InvariantCulture, template.Format, [.. template.GetArguments().Select(argument => (object)Encode(argument))]));

    /// <summary>Joins pieces, one per line.</summary>
    public static Html Lines(IEnumerable<Html> pieces) => new(string.Join('\n', pieces.Select(piece => piece.Text)));

    /// <summary>The element for each item, one after the other.</summary>
    public static Html Each<T>(IEnumerable<T> items, Func<T, FormattableString> template) => new(string.Concat(items.Select(item => Of(template(item)).Text)));

    private static string Encode(object? argument) => argument is Html html ? html.Text : WebUtility.HtmlEncode(Convert.ToString(argument, CultureInfo.InvariantCulture)) ?? "";
}

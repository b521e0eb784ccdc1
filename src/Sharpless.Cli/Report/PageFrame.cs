using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sharpless.Cli.Report;

/// <summary>What every report is made of around its sections: head, style, script and the numbers of the plots, all in one file.</summary>
internal static class PageFrame
{
    // The default encoder escapes < and &, so that no text in the numbers can end the script element.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new NumberOrNull() } };

    // By it a report is known as ours.
    private const string Generator = """<meta name="generator" content="Sharpless">""";

    /// <summary>Whether a file is a report of this program.</summary>
    /// <param name="path">A file that is there.</param>
    public static bool IsReport(string path)
    {
        var start = new char[1024];
        using StreamReader file = File.OpenText(path);
        return new string(start, 0, file.ReadBlock(start)).Contains(Generator, StringComparison.Ordinal);
    }

    /// <summary>The HTML document.</summary>
    /// <param name="title">Heading and window title.</param>
    /// <param name="lead">One line under the heading.</param>
    /// <param name="sections">Everything below.</param>
    /// <param name="groups">The plots in the sections.</param>
    /// <param name="more">What else the sections draw; may be null.</param>
    public static string Render(string title, string lead, IEnumerable<Html> sections, IEnumerable<PlotGroup> groups, PageScript? more = null)
    {
        string data = JsonSerializer.Serialize(new { Groups = groups }, Json);
        string chartJs = Assets.ChartJs, script = Assets.Script, style = Assets.Style;

        return Html.Of($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            {new Html(Generator)}
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {Hash(chartJs)} {Hash(script)}{(more is null ? Html.Empty : Html.Of($" {Hash(more.Script)}"))}; style-src {Hash(style)}; img-src data:">
            <title>{title}</title>
            <style>{new Html(style)}</style>
            </head>
            <body>
            <main>
            <header>
            <h1>{title}</h1>
            <p class="lead">{lead}</p>
            </header>
            <noscript><p class="note">The plots need JavaScript; the tables do not.</p></noscript>
            {Html.Lines(sections)}
            </main>
            <script type="application/json" id="data">{new Html(data)}</script>
            <script>{new Html(chartJs)}</script>
            <script>{new Html(script)}</script>
            {(more is null ? Html.Empty : Html.Of($"<script type=\"application/json\" id=\"{more.DataId}\">{new Html(JsonSerializer.Serialize(more.Data, Json))}</script>\n<script>{new Html(more.Script)}</script>"))}
            </body>
            </html>

            """).Text;
    }

    // Only our own script and style may run: whatever slipped into the page as markup would stay inert. Pictures are those in the file; nothing is fetched.
    private static Html Hash(string content) => new($"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}'");
}

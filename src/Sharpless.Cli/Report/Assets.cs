namespace Sharpless.Cli.Report;

/// <summary>Files that are built into the program and written into every report.</summary>
internal static class Assets
{
    /// <summary>Chart.js, minified, with the licences that have to go along with it.</summary>
    public static string ChartJs =>
        $"/*!\n{Read("chart.js.licence")}\n{Read("chart.js.color-licence")}*/\n{Read("chart.js")}";

    /// <summary>Our script that draws the plots.</summary>
    public static string Script => Read("report.js");

    /// <summary>Our script that draws activation patterns over training.</summary>
    public static string PatternScript => Read("patterns.js");

    /// <summary>Our style sheet.</summary>
    public static string Style => Read("report.css");

    private static string Read(string name)
    {
        using Stream stream = typeof(Assets).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"Bug in Sharpless: {name} was not built into the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

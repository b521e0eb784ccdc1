namespace Sharpless.Cli.Hosting;

/// <summary>One line <c>error:</c> and one line <c>hint:</c> on stderr, or one JSON document on stdout.</summary>
internal static class ErrorReport
{
    /// <summary>An error as it stands in a JSON document.</summary>
    internal static Dictionary<string, object?> Document(string error, string hint) => new() { ["error"] = OneLine(error), ["hint"] = OneLine(hint) };

    internal static void Write(string error, string hint, bool json, TextWriter output, TextWriter errors)
    {
        if (json)
        {
            JsonOutput.Write(Document(error, hint), output);
            return;
        }

        errors.WriteLine($"error: {OneLine(error)}");
        if (hint.Length > 0) errors.WriteLine($"hint: {OneLine(hint)}");
    }

    private static string OneLine(string text) => string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}

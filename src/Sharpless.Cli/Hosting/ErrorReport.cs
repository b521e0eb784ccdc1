namespace Sharpless.Cli.Hosting;

/// <summary>One line <c>error:</c> and one line <c>hint:</c> on stderr, or one JSON document on stdout.</summary>
internal static class ErrorReport
{
    internal static void Write(string error, string hint, bool json, TextWriter output, TextWriter errors)
    {
        if (json)
        {
            JsonOutput.Write(new Dictionary<string, string> { ["error"] = OneLine(error), ["hint"] = OneLine(hint) }, output);
            return;
        }

        errors.WriteLine($"error: {OneLine(error)}");
        if (hint.Length > 0) errors.WriteLine($"hint: {OneLine(hint)}");
    }

    private static string OneLine(string text) => string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}

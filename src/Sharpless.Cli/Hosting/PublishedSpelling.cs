namespace Sharpless.Cli.Hosting;

/// <summary>The published programs spell options in snake_case (<c>--sam_rho=0.1</c>); here they are kebab-case, and both are accepted.</summary>
internal static class PublishedSpelling
{
    internal static string[] ToKebabCase(string[] arguments) => Array.ConvertAll(arguments, ToKebabCase);

    private static string ToKebabCase(string argument)
    {
        if (!argument.StartsWith("--", StringComparison.Ordinal)) return argument;
        int end = argument.IndexOf('=', StringComparison.Ordinal);
        if (end < 0) end = argument.Length;
        return string.Concat(argument[..end].Replace('_', '-'), argument[end..]);
    }
}

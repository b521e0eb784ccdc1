using System.Diagnostics;

namespace Sharpless.Cli.Tests.Report;

/// <summary>Opens a page in headless Chromium and returns what became of it.</summary>
internal static class Chromium
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="Dom">The document after its scripts ran, as HTML.</param>
    /// <param name="Console">What the page wrote to the console, errors and refused loads included.</param>
    public sealed record Page(string Dom, IReadOnlyList<string> Console);

    /// <param name="address">A file: address, maybe with a fragment.</param>
    /// <param name="dark">Whether the page is told that its reader prefers dark colours.</param>
    /// <param name="width">Width of the window in pixels.</param>
    public static Page Open(string address, bool dark = false, int width = 1400)
    {
        using var profile = new TemporaryFolder();
        using var process = new Process { StartInfo = new ProcessStartInfo("chromium") { RedirectStandardOutput = true, RedirectStandardError = true } };
        foreach (string argument in new[]
        {
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", $"--user-data-dir={profile.Path}", $"--blink-settings=preferredColorScheme={(dark ? 0 : 1)}",
            $"--window-size={width},1000", "--enable-logging=stderr", "--dump-dom", address,
        }) process.StartInfo.ArgumentList.Add(argument);

        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Fail("chromium was not found. This test needs a browser: apt-get install chromium (./test installs it).");
        }
        Task<string> dom = process.StandardOutput.ReadToEndAsync(), log = process.StandardError.ReadToEndAsync();
        if (!Task.WaitAll([dom, log], Patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"chromium did not finish {address} within {Patience.TotalSeconds} s.");
        }
        process.WaitForExit();
        return new Page(dom.Result, [.. log.Result.Split('\n').Where(line => line.Contains("CONSOLE", StringComparison.Ordinal))]);
    }
}

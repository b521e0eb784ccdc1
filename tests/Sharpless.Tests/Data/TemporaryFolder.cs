namespace Sharpless.Tests.Data;

/// <summary>A folder of its own for a test, removed at the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sharpless-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A program in it, made of a line of shell.</summary>
    public string Program(string name, string line)
    {
        if (OperatingSystem.IsWindows()) throw new PlatformNotSupportedException("The stand-ins for package managers are shell scripts.");
        System.IO.File.WriteAllText(File(name), $"#!/bin/sh\n{line}\n");
        System.IO.File.SetUnixFileMode(File(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return File(name);
    }

    /// <summary>A line of shell, run in it: for names of files that .NET cannot write.</summary>
    public void Shell(string line)
    {
        using System.Diagnostics.Process shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", ["-c", line]) { WorkingDirectory = Path })!;
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }

    /// <summary>Everything in it, by relative path.</summary>
    public string[] Content() => [.. Directory.EnumerateFileSystemEntries(Path, "*", SearchOption.AllDirectories)
        .Select(path => System.IO.Path.GetRelativePath(Path, path)).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

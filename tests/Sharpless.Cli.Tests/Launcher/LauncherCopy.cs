using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

namespace Sharpless.Cli.Tests.Launcher;

/// <summary>
/// A copy of the launcher among next to no sources, on a machine that is made up: its PATH holds the tools of a bare
/// Debian and stand-ins for a compiler, dotnet and the package tools, which write down how they were called.
/// </summary>
internal sealed class LauncherCopy : IDisposable
{
    private static readonly string[] BareDebian =
        [
            "bash", "env", "readlink", "dirname", "basename", "realpath", "cksum", "cut", "find", "grep", "sort", "tail", "xargs",
            "mkdir", "rm", "mv", "cp", "touch", "flock", "nproc", "sleep",
        ];

    // Says where it stands and what it was given, as the program would; exit code 7 shows that it is passed on.
    private const string Dotnet =
        """
        if [[ $1 == publish ]]; then
          printf 'publish\n' >> "$CALLS"
          sleep "${PUBLISH_SECONDS:-0}"
          [[ -z "${PUBLISH_ERROR:-}" ]] || { printf '%s\n' "$PUBLISH_ERROR"; exit 1; }
          mkdir -p "${@: -1}"
          exit
        fi
        printf 'process %s\nfolder %s\n' "$$" "$PWD"
        printf 'argument %s\n' "${@:2}"
        exit 7
        """;

    // Called to compile a source (-c SOURCE -o OBJECT) and to link (-shared ... -o LIBRARY OBJECT...).
    private const string Compiler =
        """
        while (( $# )); do
          case $1 in
            -shared) what=link ;;
            -c) what="compile ${2##*/}"; shift ;;
            -o) target=$2; shift ;;
            -Werror | -ffp-contract=off) flags+=" $1" ;;
          esac
          shift
        done
        printf '%s %s%s\n' "${0##*/}" "$what" "${flags:-}" >> "$CALLS"
        [[ "$what" != "compile ${BAD_SOURCE:-}" ]] || { echo "$BAD_SOURCE:1:1: error: unknown instruction"; exit 1; }
        [[ "$what" != "compile ${ODD_SOURCE:-}" ]] || echo "$ODD_SOURCE:1:1: warning: unused variable"
        : > "$target"
        """;

    private const string DpkgQuery =
        """
        for package in "${@:4}"; do [[ " ${MISSING:-} " == *" $package "* ]] || printf 'installed %s\n' "$package"; done
        """;

    public LauncherCopy()
    {
        foreach (string folder in (string[])["bin", "bin/apt", "clone/native/kernels", "clone/src", "clone/scripts"])
            Directory.CreateDirectory(Path.Combine(Folder, folder));
        foreach (string file in (string[])[".editorconfig", "global.json", "Directory.Build.props", "Directory.Packages.props"]) Write($"clone/{file}", "");
        Write("clone/native/kernels.h", "");
        Write("clone/native/kernels/gelu.cpp", "short");
        Write("clone/native/kernels/weight_space.cpp", "longer than gelu");
        string repository = FindRepository();
        foreach (string script in Directory.GetFiles(Path.Combine(repository, "scripts"))) CopyScript(script, Path.Combine(Clone, "scripts"));
        CopyScript(Path.Combine(repository, "sharpless"), Clone);

        foreach (string tool in BareDebian) File.CreateSymbolicLink(Path.Combine(Folder, "bin", tool), FindOnPath(tool));
        AddTool("dotnet", Dotnet);
        AddTool("g++", Compiler);
        AddTool("dpkg-query", DpkgQuery);
        AddTool("id", "echo 0");
    }

    /// <summary>A path with a space in it, as users have them.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("sharpless launcher ").FullName;

    public string Clone => Path.Combine(Folder, "clone");

    public string Launcher => Path.Combine(Clone, "sharpless");

    /// <summary>The kernels' library, where the build puts it.</summary>
    public string Kernels => Path.Combine(Clone, "artifacts", "native", "libsharpless_kernels.so");

    /// <summary>What the stand-ins were called with, in order, but for the compiler.</summary>
    public string[] Calls => [.. AllCalls.Where(call => !IsOfCompiler(call))];

    /// <summary>What the stand-ins for compilers were called with, in order.</summary>
    public string[] CompilerCalls => [.. AllCalls.Where(IsOfCompiler)];

    private string[] AllCalls => File.Exists(CallsFile) ? File.ReadAllLines(CallsFile) : [];

    private string CallsFile => Path.Combine(Folder, "calls");

    public void AddTool(string name, string script)
    {
        Write($"bin/{name}", $"#!/bin/bash\n{script}\n");
        File.SetUnixFileMode(Path.Combine(Folder, "bin", name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Another name of the stand-in compiler.</summary>
    public void AddCompiler(string name) => AddTool(name, Compiler);

    public void RemoveTool(string name) => File.Delete(Path.Combine(Folder, "bin", name));

    public void Write(string path, string content) => File.WriteAllText(Path.Combine(Folder, path), content);

    /// <summary>Starts the launcher on a terminal, on which an answer is typed.</summary>
    public Result StartOnTerminal(string answer, params (string Name, string Value)[] environment)
    {
        // `script` gives its command a terminal, and types its own input there.
        string[] arguments = ["--quiet", "--return", "--command", $"'{Launcher}'", "/dev/null"];
        Process process = Begin(FindOnPath("script"), arguments, environment);
        process.StandardInput.Write(answer);
        process.StandardInput.Flush();
        return End(process);
    }

    /// <summary>Starts the launcher from another folder than its own.</summary>
    public Process Begin(string? launcher = null, string[]? arguments = null, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(launcher ?? Launcher, arguments ?? [])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Path.Combine(Folder, "bin");
        start.Environment["CALLS"] = CallsFile;
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public static Result End(Process process)
    {
        using (process)
        {
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return new Result(process.ExitCode, output, error.Result, process.Id.ToString(CultureInfo.InvariantCulture));
        }
    }

    public Result Start(params (string Name, string Value)[] environment) => End(Begin(environment: environment));

    /// <summary>Prepares the machine for <c>program</c> or <c>tests</c>, and runs neither.</summary>
    public Result Prepare(string what, params (string Name, string Value)[] environment) =>
        End(Begin(Path.Combine(Clone, "scripts", "prepare"), [what], environment));

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static bool IsOfCompiler(string call) =>
        call.Contains(" compile ", StringComparison.Ordinal) || call.EndsWith(" link", StringComparison.Ordinal);

    private static void CopyScript(string file, string folder) => File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));

    private static string FindRepository()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Sharpless.slnx"))) folder = folder.Parent!;
        return folder.FullName;
    }

    private static string FindOnPath(string tool) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(folder => Path.Combine(folder, tool)).First(File.Exists);

    internal sealed record Result(int ExitCode, string Output, string Error, string Process)
    {
        /// <summary>The stand-in for the program was reached.</summary>
        public void AssertRan() => Assert.True(ExitCode == 7, Error);
    }
}

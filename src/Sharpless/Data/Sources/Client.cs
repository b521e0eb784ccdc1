using System.ComponentModel;
using System.Diagnostics;

namespace Sharpless.Data.Sources;

/// <summary>Runs the client program of a package manager.</summary>
internal static class Client
{
    // ENOENT
    private const int NoSuchFile = 2;

    private static readonly TimeSpan SignalDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs a program to its end. Its arguments are passed as they are, no shell is involved.</summary>
    /// <param name="program">Name, looked up in PATH, or path.</param>
    /// <param name="arguments">One by one.</param>
    /// <param name="folder">Working folder.</param>
    /// <param name="ifMissing">Hint where the program cannot be started.</param>
    /// <param name="cancel">Kills the program and all it started.</param>
    /// <param name="output">Receives its standard output; null drops it.</param>
    /// <exception cref="FailureException">It cannot be started, or exits with an error; its messages are quoted.</exception>
    public static void Run(string program, string[] arguments, string folder, string ifMissing, CancellationToken cancel, Stream? output = null)
    {
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            process.Start();
        }
        catch (Win32Exception error)
        {
            string why = error.NativeErrorCode == NoSuchFile ? "is not there" : $"could not be started ({error.Message})";
            throw new FailureException($"The program {program}, which is needed for this, {why}.", ifMissing, error);
        }

        using (cancel.Register(() => process.Kill(entireProcessTree: true)))
        {
            process.StandardInput.Close();      // it must not wait for an answer
            Task<string> messages = process.StandardError.ReadToEndAsync(CancellationToken.None);
            process.StandardOutput.BaseStream.CopyTo(output ?? Stream.Null);
            process.WaitForExit();
            // Ctrl-C reaches the client too, perhaps before the token is cancelled: then its end is no failure.
            if (process.ExitCode != 0 && cancel.CanBeCanceled) cancel.WaitHandle.WaitOne(SignalDelay);
            cancel.ThrowIfCancellationRequested();
            if (process.ExitCode != 0)
                throw new FailureException($"{program} {string.Join(' ', arguments)} ended with exit code {process.ExitCode}: {Complaint(messages.Result)}",
                    "Check the network and the settings of the program, then try again.");
        }
    }

    // The lines that npm and apt mark as errors, else everything; without control characters, which could forge lines or colours.
    private static string Complaint(string messages)
    {
        string[] lines = messages.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string[] marks = ["npm error ", "npm ERR! ", "E: "];
        string[] errors = [.. from line in lines from mark in marks where line.StartsWith(mark, StringComparison.Ordinal) select line[mark.Length..]];
        string text = string.Join("; ", errors.Length > 0 ? errors : lines);
        return text.Length == 0 ? "it said nothing" : new string(text.Where(c => !char.IsControl(c)).Take(300).ToArray());
    }
}

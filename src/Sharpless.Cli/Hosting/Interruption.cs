using System.Globalization;
using System.Runtime.InteropServices;
using Sharpless.Torch.Processes;

namespace Sharpless.Cli.Hosting;

/// <summary>
/// Ctrl-C, SIGTERM and SIGHUP. The first one asks the work to finish what it saves; the second one ends the process at once. Either way the exit code is 130, and whatever lies in files is
/// whole: they are written aside and renamed.
/// </summary>
internal sealed class Interruption : IDisposable
{
    /// <summary>Set for a process that another one of this program started: it stops when its standard input ends, as it does when the other one is gone, and leaves the terminal's signals to that one.</summary>
    internal const string StopsWithInput = "SHARPLESS_STOPS_WITH_INPUT";

    private const string ShowCursor = "\u001b[?25h";

    // A large model on a slow disk takes its time to save.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2), PatienceToSave = TimeSpan.FromMinutes(10);

    private readonly TextWriter _errors;
    private readonly Action<int> _end;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private Timer? _deadline;
    private bool _isQuiet;
    private int _requests;
    private int _ending;

    /// <param name="errors">Told what a stop finishes.</param>
    /// <param name="end">Ends the process with an exit code, and leaves no half-written file; does not return.</param>
    internal Interruption(TextWriter errors, Action<int> end)
    {
        (_errors, _end) = (errors, end);
        Say = errors.WriteLine;
    }

    /// <summary>Cancelled by the first signal.</summary>
    internal CancellationToken Token => _stop.Token;

    /// <summary>What a stop does with the work under way, in words.</summary>
    internal string Finishes { get; set; } = "there is nothing to save";

    /// <summary>Whether a stop saves something that would be lost else. Work that does not is ended at once if it does not stop by itself within two seconds.</summary>
    internal bool IsSaving { get; set; }

    /// <summary>How a line is told while something else is drawn on the terminal.</summary>
    internal Action<string> Say { get; set; }

    /// <summary>Told that the process ends before its work could.</summary>
    internal Action Unfinished { get; set; } = () => { };

    /// <summary>Begins to listen. Signals that were ignored when the process started stay ignored, as under nohup.</summary>
    internal void Listen()
    {
        ulong ignored = IgnoredSignals();
        bool isStartedByUs = Environment.GetEnvironmentVariable(StopsWithInput) is not null;
        Environment.SetEnvironmentVariable(StopsWithInput, null);       // no matter of the programs that this one starts
        foreach ((PosixSignal signal, int number) in new[] { (PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGTERM, 15) })
        {
            if ((ignored >> (number - 1) & 1) != 0) continue;
            // The terminal sends these to every process of its group; the one that started this one passes them on.
            bool isTheirs = isStartedByUs && signal != PosixSignal.SIGTERM;
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                if (!isTheirs) Request();
            }));
        }

        // What stops or ends the process by itself should not leave the cursor hidden.
        PosixSignal[] byThemselves = OperatingSystem.IsWindows() ? [PosixSignal.SIGQUIT] : [PosixSignal.SIGQUIT, PosixSignal.SIGTSTP];
        foreach (PosixSignal signal in byThemselves) _signals.Add(PosixSignalRegistration.Create(signal, _ => RestoreTerminal()));
        if (isStartedByUs) StopWithInput();
    }

    /// <summary>The first request asks, the second one ends.</summary>
    internal void Request()
    {
        if (Interlocked.Increment(ref _requests) == 1) Ask();
        else EndNow(Claim() ? () => Say("sharpless: ended at once; what was saved before stays valid.") : () => { });
    }

    /// <summary>The work has ended and tells so itself.</summary>
    internal void WorkHasEnded() => Claim();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals) signal.Dispose();
        _deadline?.Dispose();
        _stop.Dispose();
    }

    private void Ask()
    {
        _deadline = new Timer(_ => EndUnfinished(), null, IsSaving ? PatienceToSave : Patience, Timeout.InfiniteTimeSpan);
        if (!_isQuiet) Quietly(() => Say($"sharpless: stopping: {Finishes}. A second signal ends at once."));
        Quietly(_stop.Cancel);
    }

    private void EndUnfinished()
    {
        if (Claim()) EndNow(Unfinished);
    }

    private bool Claim() => Interlocked.Exchange(ref _ending, 1) == 0;

    private void EndNow(Action tell)
    {
        Quietly(RestoreTerminal);
        Quietly(tell);
        _end(ExitCode.Interrupted);
    }

    private void RestoreTerminal()
    {
        if (!Console.IsErrorRedirected) _errors.Write(ShowCursor);
        else if (!Console.IsOutputRedirected) Console.Out.Write(ShowCursor);
    }

    private void StopWithInput()
    {
        _isQuiet = true;
        var watch = new Thread(() =>
        {
            using Stream input = Console.OpenStandardInput();
            Quietly(() => input.CopyTo(Stream.Null));
            if (Interlocked.CompareExchange(ref _requests, 1, 0) == 0) Ask();
        })
        {
            IsBackground = true, Name = "standard input",
        };
        watch.Start();
    }

    // Nothing that goes wrong in telling may keep the process from stopping.
    private static void Quietly(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or UnauthorizedAccessException or AggregateException)
        {
        }
    }

    private static ulong IgnoredSignals()
    {
        const string Status = "/proc/self/status", Name = "SigIgn:";
        string? line = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(text => text.StartsWith(Name, StringComparison.Ordinal)) : null;
        return line is not null && ulong.TryParse(line[Name.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong mask) ? mask : 0;
    }
}

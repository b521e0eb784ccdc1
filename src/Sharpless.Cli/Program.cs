using Sharpless.Cli.Hosting;
using Sharpless.Torch.Processes;

StandardStreams streams = StandardStreams.Take();
using var interruption = new Interruption(Console.Error, UnixProcess.EndAtOnce);
interruption.Listen();
int code = streams.ExitCodeFor(await CommandLineHost.RunAsync(args, Console.Out, Console.Error, interruption));
// A computation that was left behind may still be under way in a native library; nothing may wait for it.
if (code == ExitCode.Interrupted) UnixProcess.EndAtOnce(code);
return code;

#:project ../src/Sharpless.Kernels
#:property IsPackable=false
#:property NoWarn=CS1591;CA2000
// Seconds of float64 eigenvalues and Gram matrices, ours against libtorch's operators, in alternation in one process:
//
//     SHARPLESS_KERNELS=artifacts/native/libsharpless_kernels.so dotnet run -c Release bench/eigenvalues.cs --
//         [--order 10240] [--pairs 3] [--threads 2] [--rows 512]
//
// Wall time tells on a quiet machine only; processor time with --threads 1 also on one that others use.
using System.Diagnostics;
using System.Globalization;
using Sharpless.Kernels;
using TorchSharp;
using static TorchSharp.torch;

long order = Option("--order", 10240),
    rows = Option("--rows", 512);
int pairs = (int)Option("--pairs", 3),
    threads = (int)Option("--threads", Environment.ProcessorCount);
Libtorch.Load();
set_num_threads(threads);
using IDisposable off = no_grad();
Console.WriteLine($"order {order}, {threads} threads, kernels: {KernelLibrary.Path ?? "none"}");

Tensor panel = randn([rows, order], ScalarType.Float64),
    gram = zeros([order, order], ScalarType.Float64),
    matrix = randn([order, order], ScalarType.Float64);
matrix += matrix.t().clone();
SymmetricMatrix.Accumulate(gram, panel);
Compare(
    $"gram of {rows} rows",
    () => SymmetricMatrix.Accumulate(gram, panel),
    () => gram.addmm_(panel.t(), panel),
    difference: () => 0
);
Tensor? own = null,
    libtorch = null;
Compare(
    "eigenvalues",
    () => own = SymmetricMatrix.Eigenvalues(gram.copy_(matrix)),
    () => libtorch = linalg.eigvalsh(matrix, 'U'),
    () => ((own! - libtorch!).abs().max() / libtorch!.abs().max()).item<double>()
);

void Compare(string what, Action ours, Action theirs, Func<double> difference)
{
    List<double> wall = [],
        processor = [];
    for (int pair = 0; pair < pairs; pair++)
    {
        (double w, double c) a = Time(ours),
            b = Time(theirs);
        wall.Add(b.w / a.w);
        processor.Add(b.c / a.c);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{what}: ours {a.w:F2} s ({a.c:F2} s of processors), libtorch {b.w:F2} s ({b.c:F2} s); difference {difference():E1}"
            )
        );
    }

    Console.WriteLine(
        string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: libtorch / ours, median of {pairs}: {Median(wall):F2} by the clock, {Median(processor):F2} by the processors"
        )
    );
}

static (double Wall, double Processor) Time(Action action)
{
    using var process = Process.GetCurrentProcess();
    TimeSpan before = process.TotalProcessorTime;
    long start = Stopwatch.GetTimestamp();
    action();
    double wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
    process.Refresh();
    return (wall, (process.TotalProcessorTime - before).TotalSeconds);
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

long Option(string name, long otherwise) =>
    Array.IndexOf(args, name) is >= 0 and int at ? long.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;

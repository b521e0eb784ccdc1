using System.Diagnostics;
using System.Globalization;
using Sharpless.Models;
using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Weights;

/// <summary>A SAM step of ResNet-18 (batch 128, 3x32x32), ours and plain TorchSharp's, in alternating turns of one process.</summary>
internal static class StepBench
{
    private const double Rho = 0.1;

    internal static void Run(int width, Precision precision, int pairs)
    {
        ScalarType type = precision.ImageType();
        using DisposeScope memory = NewDisposeScope();
        Classifier model = ModelCatalog.Create("resnet18", new ModelShape(3, 32, 32, 10, width));
        using (var generator = Generator.Seeded(0)) model.Initialize(generator);
        using var weights = new WeightSpace(model, precision);
        var sgd = new Sgd(weights, new SgdOptions { WeightDecay = 5e-4 }) { LearningRate = 0.05 };
        using var sam = new Sam(model, weights, sgd, new SamOptions { Rho = Rho });
        using var plain = new PlainDescent(model, weights, sgd);
        using var theirs = new PlainTorchSharp(width, type);

        Tensor noise = randn(128, 3, 32, 32), labels = randint(0, 10, 128, ScalarType.Int64);
        Tensor images = noise.To(type).Contiguous(precision.Layout()), lastImages = noise.To(type).Contiguous(memory_format.channels_last);
        Action ours = () => sam.Step(() => nn.functional.cross_entropy(model.forward(images), labels));
        Action oursPlain = () => plain.Step(() => nn.functional.cross_entropy(model.forward(images), labels));
        (string Name, Action Step)[] turns =
        [
            ("ours SAM", ours), ("ours SGD", oursPlain), ("TorchSharp SAM", () => theirs.Step(lastImages, labels, Rho)),
            ("ours perturb, nothing to restore", () => weights.Ascend(Rho / weights.GradientNorm())),
            ("per tensor perturb + restore", () => { theirs.Perturb(Rho, out Tensor[] moved); theirs.Restore(moved); }),
        ];
        int steps = width >= 64 ? 1 : 5;
        double[][] times = [.. turns.Select(_ => new double[pairs])];
        for (int pair = -1; pair < pairs; pair++)
        {
            for (int turn = 0; turn < turns.Length; turn++)
            {
                int repeats = turn < 3 ? steps : 20;
                long started = Stopwatch.GetTimestamp();
                for (int step = 0; step < repeats; step++)
                {
                    using DisposeScope scope = NewDisposeScope();
                    turns[turn].Step();
                }

                if (pair >= 0) times[turn][pair] = Stopwatch.GetElapsedTime(started).TotalSeconds / repeats;
            }
        }

        Console.WriteLine($"width {width}, {precision}, {pairs} turns of {steps} steps, threads {Runtime.Threads}, libtorch {Runtime.LibtorchVersion}");
        for (int turn = 0; turn < turns.Length; turn++) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {turns[turn].Name}: {Median(times[turn]):0.00000} s"));
        Ratio("TorchSharp SAM / ours SAM", times[2], times[0]);
        Ratio("ours SAM / SGD", times[0], times[1]);
        Ratio("ours perturb / per tensor perturb + restore", times[3], times[4]);
    }

    private static void Ratio(string name, double[] above, double[] below)
    {
        double[] ratios = [.. above.Zip(below, (a, b) => a / b)];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name}: {Median(ratios):0.000} ({ratios.Min():0.000} to {ratios.Max():0.000})"));
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}

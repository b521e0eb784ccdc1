// Seconds of each training step of ResNet-18 on random images, batch 128, 3x32x32: the library's own path from batch to descent.
// Arguments: width, rho (0 for SGD), precision (fp32 or bf16), warm-up steps, measured steps. Prints one number a line.
// `compare WIDTH PRECISION PAIRS` sets steps beside plain TorchSharp's in alternating turns (StepBench);
// `rounding RUN RHO...` instead measures what bfloat16 makes of SAM's ascent at the weights of a run (RoundingBench).
using System.Diagnostics;
using System.Globalization;
using Sharpless.Data;
using Sharpless.Kernels;
using Sharpless.Models;
using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Weights;

Libtorch.Load();
Libtorch.TuneAllocator();
Runtime.Threads = Environment.ProcessorCount;
if (args is ["compare", var ofWidth, var inPrecision, var pairs])
{
    StepBench.Run(int.Parse(ofWidth, CultureInfo.InvariantCulture), inPrecision == "bf16" ? Precision.BFloat16 : Precision.Float32, int.Parse(pairs, CultureInfo.InvariantCulture));
    return;
}

if (args is ["rounding", var run, .. var radii])
{
    RoundingBench.Run(run, radii.Select(radius => double.Parse(radius, CultureInfo.InvariantCulture)));
    return;
}

int width = int.Parse(args[0], CultureInfo.InvariantCulture);
double rho = double.Parse(args[1], CultureInfo.InvariantCulture);
Precision precision = args[2] == "bf16" ? Precision.BFloat16 : Precision.Float32;
int warmUp = int.Parse(args[3], CultureInfo.InvariantCulture), measured = int.Parse(args[4], CultureInfo.InvariantCulture);

const int Examples = 1280, BatchSize = 128;
var shape = new ImageShape(3, 32, 32);
var random = new Random(0);
var pixels = new byte[Examples * shape.Size];
random.NextBytes(pixels);
var images = new ImageSet(shape, pixels, [.. Enumerable.Range(0, Examples).Select(i => i % 10)], classes: 10);
var sequence = new BatchSequence(Enumerable.Range(0, Examples).ToArray(), BatchSize, BatchOrder.Random, seed: 0);
var builder = new BatchBuilder(images, new CropFlip(4), seed: 0);
Classifier model = ModelCatalog.Create("resnet18", new ModelShape(3, 32, 32, 10, width));
using (var generator = Generator.Seeded(0)) model.Initialize(generator);
using var weights = new WeightSpace(model, precision);
var sgd = new Sgd(weights, new SgdOptions { WeightDecay = 5e-4 }) { LearningRate = 0.05 };
using Optimizer optimizer = rho == 0 ? new PlainDescent(model, weights, sgd) : new Sam(model, weights, sgd, new SamOptions { Rho = rho });
for (int step = 1; step <= warmUp + measured; step++)
{
    long started = Stopwatch.GetTimestamp();
    using (NewDisposeScope())
    {
        Batch batch = builder.Build(sequence.At(step).Span, precision.ImageType(), precision.Layout(), step: step);
        optimizer.Step(() => nn.functional.cross_entropy(model.forward(batch.Images), batch.Labels));
    }

    if (step > warmUp) Console.WriteLine(Stopwatch.GetElapsedTime(started).TotalSeconds.ToString("0.0000", CultureInfo.InvariantCulture));
}

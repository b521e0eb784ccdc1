using Sharpless.Kernels;
using Sharpless.Models;
using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Weights;

Libtorch.Load();                                                         // before the first tensor
using var memory = NewDisposeScope();                                  // frees every tensor at the end
Classifier model = ModelCatalog.Create("resnet18", new ModelShape(Channels: 3, Height: 32, ImageWidth: 32, Classes: 10, Width: 16));
using var generator = Generator.Seeded(seed: 0);
model.Initialize(generator);

using var weights = new WeightSpace(model, Precision.BFloat16);          // one flat vector; the model computes at a rounded copy, the point
var sgd = new Sgd(weights, new SgdOptions { WeightDecay = 5e-4 }) { LearningRate = 0.05 };
using var sam = new Sam(model, weights, sgd, new SamOptions { Rho = 0.1 });

Tensor noise = Tensor.Empty([32, 3, 32, 32]);                            // stands for your images [B, C, H, W]
noise.normal_(0, 1, generator);
Tensor images = noise.To(weights.Precision.ImageType()).Contiguous(weights.Precision.Layout());
Tensor labels = Tensor.From([.. Enumerable.Range(0, 32).Select(i => i % 10L)]);

for (int step = 1; step <= 10; step++)
{
    using var scope = NewDisposeScope();                               // frees every temporary of the step
    StepResult result = sam.Step(() => nn.functional.cross_entropy(model.forward(images), labels));
    Console.WriteLine($"step {step}: loss {result.Loss:F4}, after the ascent {result.PerturbedLoss:F4}");
}

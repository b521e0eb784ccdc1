using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Weights;

/// <summary>Networks made of TorchSharp's own layers step as ours do.</summary>
public class ForeignModelTests
{
    [Fact]
    public void A_step_of_sam_is_that_of_the_formula_written_out()
    {
        using var scope = NewDisposeScope();
        const double Rho = 0.1, Rate = 0.05;
        nn.Module<Tensor, Tensor> model = Network(), twin = Network();
        Copy(model, twin);
        (Tensor x, Tensor y) = (Drawn(8, 3, 8, 8), Tensor.From<long>([0, 1, 2, 0, 1, 2, 0, 1]));
        using var weights = new WeightSpace(model, Precision.Float32);
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions { Momentum = 0 }) { LearningRate = Rate }, new SamOptions { Rho = Rho });
        sam.Step(() => nn.functional.cross_entropy(model.forward(x), y));

        Parameter[] parameters = [.. twin.parameters()];
        nn.functional.cross_entropy(twin.forward(x), y).backward();
        double norm = Math.Sqrt(parameters.Sum(parameter => parameter.grad!.pow(2).sum().Item()));
        Tensor[] before = [.. parameters.Select(parameter => parameter.detach().clone())];
        using (no_grad())
        {
            foreach (Parameter parameter in parameters) parameter.add_(parameter.grad!, Rho / norm);
        }

        // Statistics move in the first pass alone, which is the default.
        Dictionary<string, Tensor> statistics = twin.Buffers().ToDictionary(item => item.Name, item => item.Buffer.clone());
        twin.zero_grad();
        nn.functional.cross_entropy(twin.forward(x), y).backward();
        using (no_grad())
        {
            for (int i = 0; i < parameters.Length; i++) parameters[i].copy_(before[i] - (parameters[i].grad! * Rate));
            foreach ((string name, Tensor buffer) in twin.Buffers()) buffer.copy_(statistics[name]);
        }

        foreach (((string name, Tensor mine), (_, Tensor expected)) in ModuleState.Of(model).Zip(ModuleState.Of(twin)))
        {
            double difference = (mine.To(ScalarType.Float64) - expected.To(ScalarType.Float64)).abs().max().Item();
            Assert.True(difference < 2e-6, $"{name}: the largest difference is {difference}.");
        }
    }

    [Fact]
    public void In_bfloat16_the_norms_of_torchsharp_stay_float32_and_training_lowers_the_loss()
    {
        using var scope = NewDisposeScope();
        nn.Module<Tensor, Tensor> model = Network();
        using var weights = new WeightSpace(model, Precision.BFloat16);
        Assert.Equal([ParameterRole.Weight, ParameterRole.Normalization, ParameterRole.Normalization, ParameterRole.Weight, ParameterRole.Bias], weights.Slots.Select(slot => slot.Role));
        Assert.Equal(ScalarType.Float32, model.Parameters().First(item => item.Name == "bn.weight").Parameter.dtype);
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = 0.05 }, new SamOptions { Rho = 0.05 });
        Tensor x = Drawn(8, 3, 8, 8).To(ScalarType.BFloat16).Contiguous(memory_format.channels_last), y = Tensor.From<long>([0, 1, 2, 0, 1, 2, 0, 1]);
        double[] losses = [.. Enumerable.Range(0, 30).Select(_ => sam.Step(() => nn.functional.cross_entropy(model.forward(x).To(ScalarType.Float32), y)).Loss)];
        Assert.True(losses[^1] < 0.8 * losses[0], $"{losses[0]} became {losses[^1]}.");
    }

    [Fact]
    public void A_loss_that_throws_in_either_pass_leaves_statistics_of_foreign_layers_and_weights_as_they_were()
    {
        foreach (int bad in new[] { 0, 1 })
        {
            using var scope = NewDisposeScope();
            nn.Module<Tensor, Tensor> model = Network();
            using var weights = new WeightSpace(model, Precision.Float32);
            using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = 0.05 }, new SamOptions { Rho = 0.05 });
            double[][] before = State(model);
            int pass = 0;
            Assert.Throws<TimeoutException>(() => sam.Step(() =>
            {
                Tensor loss = model.forward(Drawn(8, 3, 8, 8)).sum();
                return pass++ == bad ? throw new TimeoutException() : loss;
            }));
            Assert.Equal(before, State(model));
            Assert.True(model.training);
        }
    }

    [Theory, InlineData(Precision.Float32), InlineData(Precision.BFloat16)]
    public void The_resnet_of_torchvision_trains_with_its_names_and_a_mask(Precision precision)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        nn.Module<Tensor, Tensor> model = TorchSharp.torchvision.models.resnet18(num_classes: 3);
        string[] names = [.. model.named_parameters().Select(item => item.name)];
        using var weights = new WeightSpace(model, precision);
        Assert.Equal(names, weights.Slots.Select(slot => slot.Name));
        Assert.Equal(11_178_051, weights.Count); // 11,689,512 with 1,000 classes; 513 for each
        Tensor live = rand(512, 256, 1, 1).gt(0.5);
        weights.SetMask(new Dictionary<string, Tensor> { ["layer4.0.downsample.0.weight"] = live });
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = 0.01 }, new SamOptions { Rho = 0.05 });
        Tensor x = Drawn(6, 3, 32, 32).To(precision.ImageType()).Contiguous(memory_format.channels_last), y = Tensor.From<long>([0, 1, 2, 0, 1, 2]);
        StepResult[] steps = [.. Enumerable.Range(0, 8).Select(_ => sam.Step(() => nn.functional.cross_entropy(model.forward(x).To(ScalarType.Float32), y)))];
        Assert.All(steps, step => Assert.False(step.Skipped));
        Assert.True(steps[^1].Loss < 0.5 * steps[0].Loss, $"{steps[0].Loss} became {steps[^1].Loss}.");
        Tensor pruned = weights.MasterOf(weights.Slots.First(slot => slot.Name == "layer4.0.downsample.0.weight")).masked_select(live.logical_not());
        Assert.Equal(0.0, pruned.abs().max().Item());
    }

    [Fact]
    public void Ten_thousand_steps_leave_no_tensor_and_no_memory_behind()
    {
        using var scope = NewDisposeScope();
        nn.Module<Tensor, Tensor> model = nn.Sequential(("first", nn.Linear(16, 32)), ("relu", nn.ReLU()), ("second", nn.Linear(32, 3)));
        using var weights = new WeightSpace(model, Precision.Float32);
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = 0.01 }, new SamOptions { Rho = 0.05 });
        Tensor x = Drawn(8, 16), y = Tensor.From<long>([0, 1, 2, 0, 1, 2, 0, 1]);
        void Steps(int count)
        {
            for (int i = 0; i < count; i++)
            {
                using var step = NewDisposeScope();
                sam.Step(() => nn.functional.cross_entropy(model.forward(x), y));
            }
        }

        static long Live() => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        Steps(2_000); // numbers that wait to be freed, code that is compiled again
        (long tensors, long memory) = (Live(), NativeHeap.InUse);
        Steps(10_000);
        Assert.Equal(tensors, Live());
        // A tensor takes 250 bytes or more: 2.5 MB if each step left one behind.
        Assert.InRange(NativeHeap.InUse - memory, long.MinValue, 1L << 20);
    }

    private static double[][] State(nn.Module model) => [.. ModuleState.Of(model).Select(item => item.Tensor.To(ScalarType.Float64).ToArray<double>())];

    private static nn.Module<Tensor, Tensor> Network()
    {
        manual_seed(5);
        return nn.Sequential(
            ("conv", nn.Conv2d(3, 16, 3, padding: 1, bias: false)), ("bn", nn.BatchNorm2d(16)), ("relu", nn.ReLU()), ("pool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten()),
            ("linear", nn.Linear(16, 3)));
    }

    private static void Copy(nn.Module from, nn.Module to)
    {
        using IDisposable off = no_grad();
        foreach (((_, Tensor source), (_, Tensor target)) in ModuleState.Of(from).Zip(ModuleState.Of(to))) target.copy_(source);
    }

    private static Tensor Drawn(params long[] shape)
    {
        using var generator = Generator.Seeded(7);
        return empty(shape).normal_(0, 1, generator);
    }
}

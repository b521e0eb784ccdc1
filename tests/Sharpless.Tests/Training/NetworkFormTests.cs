using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Tests.Data;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Training;

namespace Sharpless.Tests.Training;

/// <summary>A run's network, built again from its configuration and weights.</summary>
public sealed class NetworkFormTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_network_of_a_run_keeps_the_options_of_its_model()
    {
        var options = new TrainOptions { Model = "resnet_tiny", ModelWidth = 4, Activation = "softplus2" };
        var shape = new ModelShape(Channels: 3, Height: 8, ImageWidth: 8, Classes: 4, Width: 4);
        File.WriteAllText(Path.Combine(_folder.Path, "config.json"), RunConfiguration.Write(
            new RunIdentity("train", options, new Dictionary<string, string>()), new TrainPlace { Folder = _folder.Path }, new { parameters = 1 }, new Dictionary<string, object> { ["name"] = "tiny", ["classes"] = 4, ["shape"] = new[] { 3, 8, 8 } }));
        Classifier trained = ModelCatalog.Create("resnet_tiny", shape, options: options.ModelOptions), plain = ModelCatalog.Create("resnet_tiny", shape);
        using var generator = Generator.Seeded(1);
        trained.Initialize(generator);
        Dictionary<string, Tensor> state = ModuleState.Of(trained).ToDictionary(item => item.Name, item => item.Tensor);
        ModuleState.Load(plain, state);
        Tensor images = Tensor.Empty([2, 3, 8, 8]);
        images.normal_(0, 1, generator);

        float[] expected = Logits(trained), actual = Logits(NetworkForm.OfRun(_folder.Path).Build(state));
        Assert.Equal(expected, actual);
        Assert.NotEqual(expected, Logits(plain));

        float[] Logits(Classifier model)
        {
            using IDisposable off = no_grad();
            model.train(false);
            return model.forward(images).ToArray<float>();
        }
    }
}

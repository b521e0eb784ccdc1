using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Tests.Data;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Training;

namespace Sharpless.Tests.Training;

/// <summary>Given weights become those of the model under every name that they are known by, and what does not fit is named rightly.</summary>
public sealed class InitialModelTests : IDisposable
{
    private static readonly string[] OneWidth = ["linear"];
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    // vgg16_act_reg, resnet34 and densenet100 have the layers of others.
    public static TheoryData<string> Models => [.. ModelCatalog.Names.Except(["vgg16_act_reg", "resnet34", "densenet100"])];

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Theory, InlineData(""), InlineData("module."), InlineData("model."), InlineData("_orig_mod."), InlineData("module.model."), InlineData("module._orig_mod.backbone."), InlineData("encoder.")]
    public void Weights_under_a_wrappers_prefix_are_those_of_the_model(string prefix)
    {
        Dictionary<string, Tensor> state = State("resnet_tiny");
        state["bn.num_batches_tracked"] = zeros([], ScalarType.Int64);
        Assert.Equal(Values(state["layer2.0.conv1.weight"]), Values(Loaded("resnet_tiny", Renamed(state, name => prefix + name))["layer2.0.conv1.weight"]));
    }

    [Theory, InlineData(""), InlineData("module.")]
    public void The_published_state_of_the_linear_classifier_is_taken(string prefix)
    {
        Tensor weight = full([3, 3 * 16 * 16], 0.5, ScalarType.Float32);
        Assert.Equal(Values(weight), Values(Loaded("linear", new() { [$"{prefix}_model.1.weight"] = weight })["linear.weight"]));
        string message = Refused("linear", new() { [$"{prefix}_model.1.weight"] = zeros([3, 5]) });
        Assert.Contains($"'{prefix}_model.1.weight' is [3, 5], expected [3, 768]", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mask_under_the_same_prefix_belongs_to_its_weights()
    {
        Dictionary<string, Tensor> state = Renamed(State("resnet_tiny"), name => $"module.{name}");
        string path = Write(state);
        Tensor live = full(state["module.layer1.0.conv1.weight"].shape, 1, ScalarType.Float32).To(ScalarType.Bool);
        Sharpless.Pruning.MaskFile.Write(Sharpless.Pruning.MaskFile.PathFor(path), new Dictionary<string, Tensor> { ["module.layer1.0.conv1.weight"] = live });
        Assert.Equal(["layer1.0.conv1.weight"], InitialModel.Create(Options("resnet_tiny") with { InitialWeights = path }, Images).Mask.Keys);
    }

    [Fact]
    public void Weights_under_two_prefixes_are_refused_with_a_name_of_each()
    {
        Dictionary<string, Tensor> state = Renamed(State("fc"), name => $"model.{name}");
        foreach ((string name, Tensor tensor) in State("fc")) state[$"module.{name}"] = tensor;
        string message = Refused("fc", state);
        Assert.Contains("more than once: 'model.fc1.weight' and 'module.fc1.weight'", message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Models))]
    public void A_tensor_that_is_missing_misshapen_or_misnamed_is_the_only_one_that_is_named(string model)
    {
        Dictionary<string, Tensor> state = State(model);
        // Of a deep network every fifth, which takes in each kind of layer.
        string[] names = [.. state.Keys.Where((_, i) => state.Count < 40 || i % 5 == 0)];
        foreach (string name in names)
        {
            string prefix = state.Count > 1 ? "module." : "";                   // nothing tells a prefix where nothing is left
            string message = Refused(model, Without(state, name), prefix);
            AssertOnly(message, $"'{prefix}{name}' [{string.Join(", ", state[name].shape)}] is missing");
            for (int dimension = 0; dimension < Math.Min(2, state[name].Dimensions); dimension++)
            {
                if (state[name].size(dimension) < 2) continue;
                long[] narrower = state[name].shape;
                narrower[dimension]--;
                message = Refused(model, new(state) { [name] = zeros(narrower) });
                AssertOnly(message, $"'{name}' is [{string.Join(", ", narrower)}], expected [{string.Join(", ", state[name].shape)}]");
            }

            message = Refused(model, new(Without(state, name)) { [$"{name}s"] = state[name] });
            Assert.Contains($"'{name}s' belongs to no layer of this model (the nearest name is '{name}')", message, StringComparison.Ordinal);
            Assert.Contains($"'{name}' [{string.Join(", ", state[name].shape)}] is missing", message, StringComparison.Ordinal);
        }

        static void AssertOnly(string message, string expected)
        {
            Assert.Contains(expected, message, StringComparison.Ordinal);
            Assert.DoesNotContain(';', message);
        }
    }

    [Fact]
    public void One_tensor_of_another_size_in_a_network_that_lost_channels_is_named_too()
    {
        Dictionary<string, Tensor> state = State("resnet_tiny");
        foreach (string norm in new[] { "weight", "bias", "running_mean", "running_var" }) state[$"layer1.0.bn2.{norm}"] = zeros([3]);
        state["layer1.0.conv1.weight"] = zeros([3, 4, 3, 3]);
        state["layer1.0.conv2.weight"] = zeros([4, 3, 3, 3]);
        Loaded("resnet_tiny", state);
        state["layer1.0.conv1.weight"] = zeros([2, 4, 3, 3]);
        Assert.Contains("model: 'layer1.0.conv1.weight' is [2, 4, 3, 3], expected [3, 4, 3, 3].", Refused("resnet_tiny", state), StringComparison.Ordinal);
    }

    [Fact]
    public void A_problem_of_each_kind_is_told_however_many_there_are_of_one()
    {
        Dictionary<string, Tensor> state = State("resnet18");
        foreach (string name in state.Keys.Where(name => name.StartsWith("layer1.", StringComparison.Ordinal)).ToArray()) state.Remove(name);
        state["linear.bias"] = zeros([4]);
        state["linear.scale"] = zeros([4]);
        string message = Refused("resnet18", state);
        Assert.Contains("'layer1.0.bn1.weight' [4] is missing", message, StringComparison.Ordinal);
        Assert.Contains("'linear.bias' is [4], expected [3]", message, StringComparison.Ordinal);
        Assert.Contains("'linear.scale' belongs to no layer", message, StringComparison.Ordinal);
    }

    private static ImageData Images { get; } = new(
        "own", new ImageSet(new ImageShape(3, 16, 16), new byte[3 * 768], [0, 1, 2], 3), new ImageSet(new ImageShape(3, 16, 16), new byte[3 * 768], [0, 1, 2], 3));

    private static TrainOptions Options(string model) => new()
    {
        Model = model, ModelWidth = OneWidth.Contains(model) ? 1 : model switch { "vit_exp" => 8, "wrn28" => 2, _ => 4 },
    };

    private static Dictionary<string, Tensor> State(string model)
    {
        (Classifier drawn, _) = InitialModel.Create(Options(model), Images);
        return ModuleState.Of(drawn).ToDictionary(item => item.Name, item => item.Tensor);
    }

    private static Dictionary<string, Tensor> Renamed(IReadOnlyDictionary<string, Tensor> state, Func<string, string> rename) => state.ToDictionary(item => rename(item.Key), item => item.Value);

    private static Dictionary<string, Tensor> Without(IReadOnlyDictionary<string, Tensor> state, string name) => state.Where(item => item.Key != name).ToDictionary();

    private static float[] Values(Tensor tensor) => tensor.ToArray<float>();

    private Dictionary<string, Tensor> Loaded(string model, Dictionary<string, Tensor> state)
    {
        (Classifier loaded, _) = InitialModel.Create(Options(model) with { InitialWeights = Write(state) }, Images);
        return ModuleState.Of(loaded).ToDictionary(item => item.Name, item => item.Tensor);
    }

    private string Refused(string model, Dictionary<string, Tensor> state, string prefix = "")
    {
        string path = Write(Renamed(state, name => prefix + name));
        string message = Assert.Throws<InvalidDataException>(() => InitialModel.Create(Options(model) with { InitialWeights = path }, Images)).Message;
        Assert.Contains(path, message, StringComparison.Ordinal);
        return message;
    }

    private string Write(Dictionary<string, Tensor> state)
    {
        string path = Path.Combine(_folder.Path, "given.safetensors");
        WeightFile.Write(path, state, new Dictionary<string, string>());
        return path;
    }
}

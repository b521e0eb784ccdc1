using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Models;

/// <summary>Files are known by the names of their tensors.</summary>
public class KnownModelTests
{
    public static TheoryData<string> Names => new(ModelCatalog.Names);

    [Theory, MemberData(nameof(Names))]
    public void Every_model_of_the_catalog_is_recognized_at_any_width_with_the_counters_of_pytorch_or_without(string name)
    {
        // Two networks have a second name.
        string first = name switch { "resnet34_plain" => "resnet34", "vgg16_act_reg" => "vgg16", _ => name };
        foreach (int width in (int[])[8, 24])
        {
            Dictionary<string, long[]> shapes = Shapes(name, name == "wrn28" ? width / 4 : width);
            KnownModel? known = KnownModel.Recognize(shapes);
            Assert.Equal(first, known?.Name);
            shapes["bn.num_batches_tracked"] = [];
            Assert.Equal(first, KnownModel.Recognize(shapes)?.Name);
            Assert.All(known!.ChannelGroups, group => Assert.True(shapes.ContainsKey($"{group.Producer}.weight"), group.Producer));
        }
    }

    [Fact]
    public void A_wide_network_that_widens_nothing_is_known_though_it_lacks_a_shortcut()
    {
        Dictionary<string, long[]> narrow = Shapes("wrn28", 1);
        Assert.NotEqual(Shapes("wrn28", 2).Keys.Order(StringComparer.Ordinal), narrow.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("wrn28", KnownModel.Recognize(narrow)?.Name);
    }

    [Theory, InlineData("module."), InlineData("model._orig_mod."), InlineData("backbone.")]
    public void A_wrappers_prefix_before_all_names_hides_no_model_and_stays_in_the_names_of_its_channels(string prefix)
    {
        Dictionary<string, long[]> shapes = Shapes("resnet18", 8).ToDictionary(item => prefix + item.Key, item => item.Value);
        KnownModel known = KnownModel.Recognize(shapes)!;
        Assert.Equal("resnet18", known.Name);
        Assert.All(known.ChannelGroups, group => Assert.All(new[] { group.Producer, group.Norm }.Concat(group.Consumers).OfType<string>(), layer => Assert.True(shapes.ContainsKey($"{layer}.weight"), layer)));
        shapes["more.weight"] = [3, 3];
        Assert.Null(KnownModel.Recognize(shapes));
    }

    [Fact]
    public void The_published_linear_classifier_is_known_by_its_own_name() =>
        Assert.Equal("linear", KnownModel.Recognize(new Dictionary<string, long[]> { ["_model.1.weight"] = [10, 3072] })?.Name);

    [Fact]
    public void Optional_biases_do_not_hide_a_model()
    {
        Dictionary<string, long[]> shapes = Shapes("classifier", 8);
        shapes.Remove("conv1.bias");
        shapes.Remove("conv2.bias");
        Assert.Equal("classifier", KnownModel.Recognize(shapes)?.Name);
    }

    [Fact]
    public void Other_tensors_are_no_model()
    {
        Dictionary<string, long[]> shapes = Shapes("classifier", 8);
        shapes["more.weight"] = [3, 3];
        Assert.Null(KnownModel.Recognize(shapes));
        Assert.Null(KnownModel.Recognize(new Dictionary<string, long[]>()));
        Dictionary<string, long[]> flat = Shapes("classifier", 8);
        flat["conv1.weight"] = [8, 48];
        Assert.Null(KnownModel.Recognize(flat));
    }

    private static Dictionary<string, long[]> Shapes(string name, int width)
    {
        using var scope = NewDisposeScope();
        Classifier model = ModelCatalog.Create(name, new ModelShape(3, 32, 32, 10, width), GivenShapes.None);
        return ModuleState.Of(model).ToDictionary(item => item.Name, item => item.Tensor.shape);
    }

    [Fact]
    public void Very_many_tensors_are_not_gone_through_for_each_model_of_the_catalog()
    {
        KnownModel.Recognize(Many(10));
        long few = Allocated(Many(20_000)), many = Allocated(Many(40_000));
        // A few tables of the names; one table for each of some forty models would be ten times that.
        Assert.InRange(many - few, 0, 20_000 * 600L);

        static Dictionary<string, long[]> Many(int count) => Enumerable.Range(0, count).ToDictionary(i => $"layer{i}.weight", i => new long[] { 2, 2 });

        static long Allocated(Dictionary<string, long[]> shapes)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Null(KnownModel.Recognize(shapes));
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
}

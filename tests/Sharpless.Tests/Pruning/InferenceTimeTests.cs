using Sharpless.Models;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Tests.Pruning;

public class InferenceTimeTests
{
    [Fact]
    public void Median_and_quartiles_are_those_of_the_sorted_times()
    {
        Assert.Equal(new InferenceTime(3, 2, 4, 5), InferenceTime.Of([5, 1, 4, 2, 3]));
        Assert.Equal(new InferenceTime(2.5, 1.75, 3.25, 4), InferenceTime.Of([4, 3, 2, 1]));
        Assert.Equal(new InferenceTime(7, 7, 7, 1), InferenceTime.Of([7]));
    }

    [Fact]
    public void Networks_take_turns_in_evaluation_mode_and_are_left_as_they_were()
    {
        using var scope = NewDisposeScope();
        List<string> passes = [];
        Classifier[] models = [Model("a"), Model("b")];
        IReadOnlyList<InferenceTime> times = InferenceTime.Measure(models, zeros([2, 1, 8, 8]), passes: 4);
        Assert.Equal(2, times.Count);
        Assert.All(times, time => Assert.True(time.Passes == 4 && time.LowerQuartile > 0 && time.LowerQuartile <= time.Median && time.Median <= time.UpperQuartile));
        // Three to warm up, four to time.
        Assert.Equal(Enumerable.Repeat(new[] { "a", "b" }, 7).SelectMany(pair => pair), passes);
        Assert.All(models, model => Assert.True(model.training));
        Assert.All(models.SelectMany(model => model.Buffers()), item => Assert.All(item.Buffer.ToArray<float>(), value => Assert.True(value is 0 or 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => InferenceTime.Measure(models, zeros([2, 1, 8, 8]), passes: 0));

        Classifier Model(string name)
        {
            Classifier model = ModelCatalog.Create("classifier", new ModelShape(1, 8, 8, 2, 2));
            model.All().OfType<Linear>().Single().OutputObserver = _ => passes.Add(model.training ? "training" : name);
            return model;
        }
    }
}

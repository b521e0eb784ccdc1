using Sharpless.Analysis;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Analysis;

public class GradientMatrixTests
{
    private const int Inputs = 12;

    [Theory, InlineData(false), InlineData(true)]
    public void Of_a_linear_model_with_one_logit_it_is_the_matrix_of_the_inputs(bool isMasked)
    {
        using var scope = NewDisposeScope();
        using var generator = Generator.Seeded(1);
        var model = new Line(classes: 1);
        using var weights = new WeightSpace(model, Precision.Float32);
        Tensor inputs = Features.Decaying(8, Inputs, seed: 3).To(ScalarType.Float32);
        Tensor live = Tensor.From([.. Enumerable.Range(0, Inputs).Select(i => !isMasked || i % 3 > 0)]).reshape(1, Inputs);
        if (isMasked) weights.SetMask(new Dictionary<string, Tensor> { ["linear.weight"] = live });
        Tensor expected = inputs * live;
        var actual = GradientMatrix.Of(model, weights, [.. Enumerable.Range(0, 8).Select(i => (Func<Tensor>)(() => model.forward(inputs.narrow(0, i, 1))))], coordinates: 1000, generator);
        Assert.Equal((8, isMasked ? 8 : 12), (actual.Examples, actual.Coordinates));
        Features.AssertClose(Features.SingularValues(expected.To(ScalarType.Float64)), actual.Spectrum.SingularValues, 1e-5, "singular values");
        Assert.Equal(Math.Sqrt((expected * expected).sum().Item()) / 8, actual.Frobenius, 1e-5);
    }

    [Fact]
    public void Coordinates_are_a_sample_and_classes_are_drawn()
    {
        using var scope = NewDisposeScope();
        var model = new Line(classes: 3);
        using var weights = new WeightSpace(model, Precision.Float32);
        Tensor inputs = full([1, Inputs], 1, ScalarType.Float32);
        GradientMatrix Of(int coordinates, int seed)
        {
            using var generator = Generator.Seeded(seed);
            return GradientMatrix.Of(model, weights, [.. Enumerable.Repeat((Func<Tensor>)(() => model.forward(inputs)), 60)], coordinates, generator);
        }

        // Every row is 12 ones at one of three places: three equal groups, up to the draw of the classes.
        GradientMatrix all = Of(36, seed: 1);
        double[] values = all.Spectrum.SingularValues;
        Assert.Equal(3, all.Spectrum.FeatureRank(0.999));
        Assert.Equal(60 * 12, values.Sum(value => value * value), 1e-2);
        Assert.All(values[..3], value => Assert.InRange(value * value / 12, 8, 36));
        Assert.Equal(Math.Sqrt(60 * 12) / 60, all.Frobenius, 1e-5);

        // A sample of ten weights keeps about 10 / 36 of the squares, and the whole gradient's norm.
        GradientMatrix some = Of(10, seed: 1);
        Assert.Equal(10, some.Coordinates);
        Assert.Equal(all.Frobenius, some.Frobenius, 1e-6);
        Assert.InRange(some.Spectrum.SingularValues.Sum(value => value * value), 100, 320);
        Assert.NotEqual(some.Spectrum.SingularValues, Of(10, seed: 2).Spectrum.SingularValues);
        Assert.Equal(some.Spectrum.SingularValues, Of(10, seed: 1).Spectrum.SingularValues);
    }

    private sealed class Line : Block
    {
        private readonly Linear _linear;

        internal Line(int classes) => _linear = this.Register("linear", new Linear(Inputs, classes, bias: false));

        internal Tensor forward(Tensor inputs) => _linear.forward(inputs);
    }
}

using Sharpless.Analysis;
using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Tests.Analysis;

/// <summary>Every network that can be trained can be differentiated twice.</summary>
public class HessianOfModelsTests
{
    public static TheoryData<string> Names() => new(ModelCatalog.Names);

    [Theory, MemberData(nameof(Names))]
    public void Products_with_the_hessian_are_symmetric(string name)
    {
        using var scope = NewDisposeScope();
        using var generator = Generator.Seeded(3);
        Classifier model = ModelCatalog.Create(name, new ModelShape(Channels: 3, Height: 32, ImageWidth: 32, Classes: 4, Width: 8));
        model.Initialize(generator);
        using var weights = new WeightSpace(model, Precision.Float32);
        Tensor images = Tensor.Empty([6, 3, 32, 32]);
        images.normal_(0, 1, generator);
        var surface = new LossSurface(model, weights, [new SurfaceBatch([0, 1, 2, 3, 0, 1], () => model.forward(images))]);
        using var hessian = new Hessian(surface, []);
        Tensor[] u = hessian.Draw(values => values.normal_(0, 1, generator)), v = hessian.Draw(values => values.normal_(0, 1, generator));
        Tensor[] timesU = hessian.Times(u), timesV = hessian.Times(v);
        double left = HessianVectors.Dot(v, timesU), right = HessianVectors.Dot(u, timesV), scale = HessianVectors.Norm(u) * HessianVectors.Norm(timesV);
        Assert.True(HessianVectors.Norm(timesU) > 0, "the Hessian is zero");
        // Float32 rounding in the two backward passes; products that miss a term differ by as much as they are large.
        Assert.True(Math.Abs(left - right) <= 1e-4 * scale, $"v·Hu = {left:r}, u·Hv = {right:r}, |u||Hv| = {scale:r}");
    }
}

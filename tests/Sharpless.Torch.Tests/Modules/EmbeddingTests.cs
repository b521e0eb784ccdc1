using System.Runtime.InteropServices;
using Sharpless.Kernels;
using Sharpless.Torch.Modules;

namespace Sharpless.Torch.Tests.Modules;

public class EmbeddingTests
{
    [Theory, InlineData(ScalarType.Float32), InlineData(ScalarType.BFloat16)]
    public void Rows_are_looked_up_and_their_gradients_added(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var embedding = new Embedding(4, 2);
        Dispatcher.SetData(embedding.Weight, Tensor.From<float>([0, 1, 10, 11, 20, 21, 30, 31], 4, 2).To(type));
        Tensor rows = embedding.forward(Tensor.From<long>([3, 1, 3], 1, 3));
        Assert.Equal([1, 3, 2], rows.shape);
        Assert.Equal([30f, 31, 10, 11, 30, 31], rows.To(ScalarType.Float32).ToArray<float>());
        (rows * Tensor.From<float>([1, 2, 3], 3, 1).To(type)).sum().Backward();
        Assert.Equal([0f, 0, 2, 2, 0, 0, 4, 4], embedding.Weight.grad!.To(ScalarType.Float32).ToArray<float>());
    }

    [Fact]
    public void An_index_out_of_range_is_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ExternalException>(() => new Embedding(4, 2).forward(Tensor.From<long>([4], 1)));
    }
}

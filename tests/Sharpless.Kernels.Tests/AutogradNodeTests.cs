using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels.Tests;

public class AutogradNodeTests
{
    [Fact]
    public void A_graph_that_goes_frees_its_nodes_whether_or_not_it_was_walked()
    {
        int before = AutogradNode.Live;
        using (NewDisposeScope())
        {
            Tensor leaf = Setup.Drawn(1, ScalarType.Float32, 6, 16, 5, 4).ChannelsLast().Leaf();
            (Tensor activated, Tensor sum) = Fused.BatchNorm(
                leaf,
                leaf * 2,
                ones(16).Leaf(),
                zeros(16),
                (zeros(16), ones(16)),
                new BatchNormOptions()
            );
            Tensor unwalked = Fused.Gelu(leaf);
            Assert.Equal(before + 2, AutogradNode.Live);
            (activated + sum).sum().backward();
        }

        Assert.Equal(before, AutogradNode.Live);
    }

    [Fact]
    public void Ten_thousand_steps_leave_memory_flat()
    {
        Tensor leaf = Setup.Drawn(1, ScalarType.Float32, 4, 64).Leaf(),
            scale = ones(64).Leaf(),
            shift = zeros(64).Leaf();
        Steps(5000);
        long tensors = Tensor.TotalCount,
            resident = Resident();
        Steps(10_000);
        AutogradNode.FreePending();
        Assert.InRange(Tensor.TotalCount - tensors, -50, 50);
        // A leak of one gradient a step, 1 KiB, would be 10 MiB.
        Assert.InRange(Resident() - resident, long.MinValue, 8L << 20);

        void Steps(int count)
        {
            for (int i = 0; i < count; i++)
            {
                using DisposeScope scope = NewDisposeScope();
                Fused.Gelu(Fused.LayerNorm(leaf, scale, shift)).sum().backward();
            }
        }

        static long Resident()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            using var process = Process.GetCurrentProcess();
            return process.WorkingSet64;
        }
    }

    [Fact]
    public void An_exception_in_a_derivative_reaches_the_caller_and_not_the_engine()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor leaf = ones(3).Leaf();
        Span<TensorView> outputs = [TensorView.EmptyVector(3)];
        AutogradNode.Record([leaf], outputs, [], null, (ref AutogradNode.Pass _) =>
            throw new InvalidOperationException("no derivative today")
        );
        Tensor output = Tensor.UnsafeCreateTensor(outputs[0].Handle);
        output.sum().backward();
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() =>
            WeightPass.SquaredNorm(ones(3))
        );
        Assert.Contains("no derivative today", error.Message, StringComparison.Ordinal);
        Assert.Equal(3, WeightPass.SquaredNorm(ones(3)));
    }

    [Fact]
    public void A_failure_further_on_leaves_the_nodes_before_it_without_gradients()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor leaf = ones(2, 16, 3, 3).ChannelsLast().Leaf(),
            scale = ones(16).Leaf();
        Tensor output = Fused.GroupNorm(Fused.Gelu(leaf), 4, scale, zeros(16));
        Span<TensorView> outputs = [TensorView.EmptyVector(3)];
        AutogradNode.Record([output], outputs, [], null, (ref AutogradNode.Pass _) =>
            throw new InvalidOperationException("no derivative today")
        );
        Tensor.UnsafeCreateTensor(outputs[0].Handle).sum().backward();
        Assert.Throws<InvalidOperationException>(AutogradNode.ThrowIfFailed);
        Assert.Null(leaf.grad);
        Assert.Null(scale.grad);
    }

    [Fact]
    public void What_was_changed_in_place_since_the_forward_pass_is_refused_by_name()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor leaf = ones(3, 4).Leaf(),
            scale = ones(4).Leaf();
        Tensor output = Fused.LayerNorm(leaf, scale, zeros(4));
        using (no_grad())
            scale.mul_(2);
        output.sum().backward();
        string message = Assert.Throws<InvalidOperationException>(AutogradNode.ThrowIfFailed).Message;
        Assert.Contains("modified by an inplace operation", message, StringComparison.Ordinal);
        Fused.LayerNorm(leaf, scale, zeros(4)).sum().backward();
        AutogradNode.ThrowIfFailed();
        Assert.NotNull(scale.grad);
    }

    [Fact]
    public void A_tensor_of_inference_mode_is_refused_where_a_gradient_would_need_it()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images;
        using (inference_mode())
            images = ones(3, 4);
        int before = AutogradNode.Live;
        string message = Assert
            .ThrowsAny<Exception>(() => Fused.LayerNorm(images, ones(4).Leaf(), zeros(4)))
            .Message;
        Assert.Contains("Inference tensors cannot be saved for backward", message, StringComparison.Ordinal);
        Assert.Equal(before, AutogradNode.Live);
        Fused.LayerNorm(images, ones(4), zeros(4));
    }

    [Fact]
    public void A_graph_can_be_walked_twice()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor leaf = Setup.Drawn(1, ScalarType.Float32, 5).Leaf();
        Tensor sum = Fused.Gelu(leaf).sum();
        sum.backward();
        Tensor once = leaf.grad!.clone();
        sum.backward();
        Setup.Near(leaf.grad!, once * 2, 0, "gradient");
    }

    [Fact]
    public void An_input_without_a_gradient_gets_none()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = Setup.Drawn(1, ScalarType.BFloat16, 2, 16, 6, 6).ChannelsLast();
        Tensor weight = (Setup.Drawn(2, ScalarType.Float32, 16, 16, 3, 3) * 0.1)
            .to(ScalarType.BFloat16)
            .ChannelsLast()
            .Leaf();
        Fused.Convolution(images, weight, 1, 1).sum().backward();
        AutogradNode.ThrowIfFailed();
        Assert.Null(images.grad);
        Assert.NotNull(weight.grad);
        using (no_grad())
            Assert.False(Fused.Convolution(images, weight, 1, 1).requires_grad);
    }
}

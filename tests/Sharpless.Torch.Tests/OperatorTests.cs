using System.Reflection;

namespace Sharpless.Torch.Tests;

public class OperatorTests
{
    public static TheoryData<string> Names() =>
        new(typeof(Operators).GetFields(BindingFlags.Static | BindingFlags.NonPublic).Select(field => field.Name));

    [Theory, MemberData(nameof(Names))]
    public void Every_operator_that_we_use_is_known_to_this_libtorch(string field)
    {
        var used = (Operator)typeof(Operators).GetField(field, BindingFlags.Static | BindingFlags.NonPublic)!.GetValue(null)!;
        Assert.True(used.Exists(), $"This libtorch ({Runtime.LibtorchVersion}) has no operator {used.Name}.");
    }

    [Fact]
    public void An_unknown_operator_is_named()
    {
        var error = Assert.Throws<TorchException>(() => new Operator("aten::no_such_thing", "out").Call());
        Assert.Contains("aten::no_such_thing.out", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_of_libtorch_names_the_operator_and_the_shapes_on_one_line()
    {
        using var scope = TensorScope.Begin();
        Tensor left = Tensor.Zeros([2, 3]), right = Tensor.Zeros([4, 5]);
        var error = Assert.Throws<TorchException>(() => left.MatrixProduct(right));
        Assert.StartsWith("aten::matmul([2, 3] Float, [4, 5] Float): ", error.Message, StringComparison.Ordinal);
        Assert.Contains("2x3 and 4x5", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void A_missing_argument_is_named()
    {
        using var scope = TensorScope.Begin();
        var error = Assert.Throws<TorchException>(() => new Operator("aten::permute").Call(Tensor.Zeros([2])));
        Assert.Contains("argument 'dims' is missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_arguments_are_refused()
    {
        using var scope = TensorScope.Begin();
        Assert.Throws<TorchException>(() => new Operator("aten::relu").Call(Tensor.Zeros([2]), 1, 2));
    }

    [Fact]
    public void Lists_of_tensors_strings_and_optional_tensors_cross_the_door()
    {
        using var scope = TensorScope.Begin();
        Tensor matrix = Tensor.From([1f, 2, 3, 4], 2, 2);
        Tensor?[] parts = new Operator("aten::split", "Tensor").CallMany(matrix, 1);
        Assert.Equal(2, parts.Length);
        Assert.Equal([3f, 4f], parts[1]!.ToArray<float>());
        Tensor contracted = new Operator("aten::einsum").Call("ij,kj->ik", new[] { matrix, matrix });
        Assert.Equal([5f, 11f, 11f, 25f], contracted.ToArray<float>());
        Tensor indexed = new Operator("aten::index", "Tensor").Call(matrix, Argument.Optional(null, Tensor.From([1L, 1L])));
        Assert.Equal([2f, 2f, 4f, 4f], indexed.ToArray<float>());
    }
}

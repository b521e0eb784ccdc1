using System.Runtime.InteropServices;
using Sharpless.Analysis;
using Sharpless.Torch;

namespace Sharpless.Tests.Analysis;

public class LinearAlgebraTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(65)]
    [InlineData(2050)] // the two-stage reduction begins at 2048; 2050 is no multiple of its block
    public void Eigenvalues_equal_those_of_libtorch(int order)
    {
        using var scope = NewDisposeScope();
        using var generator = Generator.Seeded(order);
        Tensor matrix = Tensor.Empty([order, order], ScalarType.Float64);
        matrix.normal_(0, 1, generator);
        double[] expected = linalg.eigvalsh(matrix, 'U').ToArray<double>();
        double[] actual = LinearAlgebra.SymmetricEigenvalues(matrix).ToArray<double>();
        Features.AssertClose(expected, actual, 1e-13 * expected.Max(Math.Abs), "eigenvalues");
    }

    [Fact]
    public void Two_stage_eigenvalues_of_a_matrix_with_known_ones()
    {
        // Second differences on 2,100 points: 2 - 2 cos(k pi / 2101). Then the same points in another order, which fills the whole matrix.
        const int order = 2100;
        using var scope = NewDisposeScope();
        using var generator = Generator.Seeded(1);
        long[] place = randperm(order, generator: generator).ToArray<long>();
        var matrix = new double[order * order];
        for (int i = 0; i < order; i++)
        {
            matrix[(place[i] * order) + place[i]] = 2;
            if (i > 0) matrix[(place[i] * order) + place[i - 1]] = matrix[(place[i - 1] * order) + place[i]] = -1;
        }

        double[] expected = [.. Enumerable.Range(1, order).Select(k => 2 - (2 * Math.Cos(k * Math.PI / (order + 1))))];
        Features.AssertClose(expected, LinearAlgebra.SymmetricEigenvalues(Tensor.From(matrix, order, order)).ToArray<double>(), 1e-12, "eigenvalues");
    }

    [Fact]
    public void The_number_of_threads_does_not_change_the_second_stage()
    {
        using var scope = NewDisposeScope();
        using var generator = Generator.Seeded(2);
        Tensor matrix = Tensor.Empty([2048, 2048], ScalarType.Float64);
        matrix.normal_(0, 1, generator);
        // A band matrix goes through the first stage unchanged, so only the second one is at work.
        Tensor band = matrix.tril(40).triu(0);
        int threads = Runtime.Threads;
        try
        {
            Runtime.Threads = 1;
            double[] alone = LinearAlgebra.SymmetricEigenvalues(band.clone()).ToArray<double>();
            Runtime.Threads = 3;
            Assert.Equal(alone, LinearAlgebra.SymmetricEigenvalues(band.clone()).ToArray<double>());
        }
        finally
        {
            Runtime.Threads = threads;
        }
    }

    [Theory]
    [InlineData(6, 9)]
    [InlineData(9, 6)]
    [InlineData(5, 1)]
    public void Gram_adds_the_products_of_columns_however_the_panel_lies(int order, int added)
    {
        using var scope = NewDisposeScope();
        Tensor rows = Features.Decaying(added, order, seed: 1, offset: 1);
        Tensor turned = rows.transpose(0, 1).Contiguous().transpose(0, 1);
        Tensor spaced = zeros([added, order + 2], ScalarType.Float64).narrow(1, 1, order);
        spaced.copy_(rows);
        double[] expected = (rows.transpose(0, 1).MatrixProduct(rows) * 2).ToArray<double>();
        foreach (Tensor panel in new[] { rows, turned, spaced })
        {
            Tensor gram = zeros([order, order], ScalarType.Float64);
            LinearAlgebra.GramAccumulate(gram, panel);
            LinearAlgebra.GramAccumulate(gram, panel);
            double[] actual = gram.ToArray<double>();
            for (int i = 0; i < order; i++)
            {
                for (int j = i; j < order; j++) Assert.Equal(expected[(i * order) + j], actual[(i * order) + j], 1e-12 * expected.Max());
            }
        }
    }

    [Fact]
    public void Shapes_and_types_that_do_not_fit_are_refused()
    {
        using var scope = NewDisposeScope();
        Tensor gram = zeros([3, 3], ScalarType.Float64);
        Assert.Throws<ExternalException>(() => LinearAlgebra.GramAccumulate(gram, zeros([2, 4], ScalarType.Float64)));
        Assert.Throws<ExternalException>(() => LinearAlgebra.GramAccumulate(gram, zeros([2, 3])));
        Assert.Throws<ExternalException>(() => LinearAlgebra.SymmetricEigenvalues(zeros([2, 3], ScalarType.Float64)));
    }
}

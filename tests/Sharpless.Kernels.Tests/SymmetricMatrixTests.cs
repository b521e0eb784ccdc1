using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels.Tests;

public class SymmetricMatrixTests
{
    // Of the largest eigenvalue, for orders up to 1,000: what LAPACK's own two ways of QL differ by (dsterf of a matrix
    // and of the same matrix moved by 3 I: 1e-14 at order 1,000), with room for the stage before.
    private const double Rounding = 5e-14;

    // ---- Gram matrices

    /// <summary>P and rows: less than a tile, a tile, several and a rest; fewer rows than columns, and more.</summary>
    public static TheoryData<long, long> GramSizes() =>
        new()
        {
            { 6, 9 },
            { 9, 6 },
            { 5, 1 },
            { 1, 4 },
            { 256, 40 },
            { 257, 40 },
            { 700, 33 },
        };

    [Theory, MemberData(nameof(GramSizes))]
    public void Gram_adds_the_products_of_columns_however_the_panel_lies(long order, long rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor panel = Setup.Drawn(1, ScalarType.Float64, rows, order) + 1,
            spaced = zeros([rows, order + 2], ScalarType.Float64).narrow(1, 1, order).copy_(panel),
            sparse = zeros([rows * 2, order * 3], ScalarType.Float64).as_strided([rows, order], [order * 6, 3]);
        sparse.copy_(panel);
        Tensor expected = (matmul(panel.t(), panel) * 2).triu();
        foreach (Tensor given in new[] { panel, panel.t().contiguous().t(), spaced, sparse })
        {
            Tensor gram = zeros([order, order], ScalarType.Float64);
            SymmetricMatrix.Accumulate(gram, given);
            SymmetricMatrix.Accumulate(gram, given);
            Setup.Near(gram.triu(), expected, 1e-14, "upper triangle");
        }
    }

    [Fact]
    public void Gram_computes_about_half_of_the_products()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor gram = zeros([1024, 1024], ScalarType.Float64);
        SymmetricMatrix.Accumulate(gram, ones([1, 1024], ScalarType.Float64));
        Assert.Equal(10.0 / 16, gram.mean().item<double>());
    }

    [Fact]
    public void Gram_of_no_rows_and_of_no_columns_is_what_it_was()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor gram = ones([3, 3], ScalarType.Float64);
        SymmetricMatrix.Accumulate(gram, zeros([0, 3], ScalarType.Float64));
        SymmetricMatrix.Accumulate(zeros([0, 0], ScalarType.Float64), zeros([3, 0], ScalarType.Float64));
        Assert.Equal(9, gram.sum().item<double>());
    }

    [Fact]
    public void Gram_takes_panels_that_ask_for_gradients_and_records_nothing()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor gram = zeros([3, 3], ScalarType.Float64);
        SymmetricMatrix.Accumulate(gram, ones([2, 3], ScalarType.Float64).requires_grad_(true));
        Assert.False(gram.requires_grad);
        Assert.Equal(18, gram.sum().item<double>());
    }

    // ---- eigenvalues

    /// <summary>Orders around the band's width, the tile's and no multiple of either.</summary>
    public static TheoryData<long> Orders() => [1, 2, 3, 63, 64, 65, 66, 67, 128, 129, 191, 255, 257, 320, 448, 513, 700];

    [Theory, MemberData(nameof(Orders))]
    public void Reduced_by_way_of_a_band_eigenvalues_are_those_of_libtorch(long order)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor matrix = Setup.Drawn(order, ScalarType.Float64, order, order);
        Tensor expected = linalg.eigvalsh(matrix, 'U');
        Setup.Near(Banded(matrix), expected, Rounding, "eigenvalues");
        Setup.Near(SymmetricMatrix.Eigenvalues(matrix.clone()), expected, Rounding, "by the public way");
    }

    [Fact]
    public void A_large_matrix_is_reduced_by_way_of_a_band()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor matrix = Setup.Drawn(1, ScalarType.Float64, 2050, 2050);
        Assert.True(BandReduction.IsFaster(matrix));
        Assert.False(BandReduction.IsFaster(matrix.narrow(0, 0, 500).narrow(1, 0, 500)));
        Tensor expected = linalg.eigvalsh(matrix, 'U');
        // 5e-14 at order 700 grows with the root of the order.
        Setup.Near(SymmetricMatrix.Eigenvalues(matrix), expected, 1e-13, "eigenvalues");
        using var kernels = new KernelSwitch(hasKernels: false);
        Assert.False(BandReduction.IsFaster(matrix));
    }

    [Fact]
    public void Known_eigenvalues_are_found()
    {
        // Second differences on 600 points: 2 - 2 cos(k π / 601), in another order, which fills the whole matrix.
        using DisposeScope scope = NewDisposeScope();
        const int Order = 600;
        Tensor matrix = SecondDifferences(Order),
            places = randperm(Order);
        matrix = matrix.index_select(0, places).index_select(1, places).contiguous();
        Tensor expected = 2 - (2 * (arange(1, Order + 1, ScalarType.Float64) * (Math.PI / (Order + 1))).cos());
        Setup.Near(Banded(matrix), expected, 1e-14, "eigenvalues");
    }

    [Theory]
    [InlineData("clustered")]
    [InlineData("graded")]
    [InlineData("graded backwards")]
    [InlineData("of low rank")]
    [InlineData("of one value")]
    [InlineData("with zero rows")]
    [InlineData("of opposite signs")]
    [InlineData("rotated identity")]
    [InlineData("tiny")]
    [InlineData("huge")]
    [InlineData("of powers of ten")]
    [InlineData("zero")]
    [InlineData("diagonal")]
    [InlineData("tridiagonal")]
    [InlineData("exchange")]
    [InlineData("Wilkinson")]
    public void Difficult_matrices_have_the_eigenvalues_of_libtorch(string kind)
    {
        using DisposeScope scope = NewDisposeScope();
        const int Order = 449;
        Tensor basis = linalg.qr(Setup.Drawn(3, ScalarType.Float64, Order, Order)).Q,
            count = arange(Order, ScalarType.Float64);
        Tensor random = Setup.Drawn(4, ScalarType.Float64, Order, Order);
        Tensor matrix = kind switch
        {
            "clustered" => With((count / 100).floor() + (count * 1e-13)),
            "graded" => random * outer((-0.03 * count).exp2(), (-0.03 * count).exp2()),
            "graded backwards" => random * outer((0.03 * count).exp2(), (0.03 * count).exp2()),
            "of low rank" => matmul(random.narrow(1, 0, 5), random.narrow(1, 0, 5).t()),
            "of one value" => ones([Order, Order], ScalarType.Float64),
            "with zero rows" => random.mul(outer(count % 3, count % 3)),
            "of opposite signs" => With((count - (Order / 2)).sign()),
            "rotated identity" => With(ones(Order, ScalarType.Float64)),
            "tiny" => random * 1e-290,
            "huge" => random * 1e290,
            "of powers of ten" => With(pow(tensor(10.0), 300 * ((count / Order) - 0.5))),
            "zero" => zeros([Order, Order], ScalarType.Float64),
            "diagonal" => count.diag(),
            "tridiagonal" => SecondDifferences(Order),
            "exchange" => eye(Order, Order, ScalarType.Float64).flip(0).contiguous(),
            _ => (count - (Order / 2)).abs().diag() + SecondDifferences(Order).triu(1) * -1,
        };
        Tensor expected = linalg.eigvalsh(matrix, 'U');
        Setup.Near(Banded(matrix), expected, Rounding, kind);

        Tensor With(Tensor eigenvalues) => matmul(basis * eigenvalues, basis.t());
    }

    [Fact]
    public void Only_the_upper_triangle_is_read()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor matrix = Setup.Drawn(1, ScalarType.Float64, 300, 300);
        Tensor expected = linalg.eigvalsh(matrix, 'U');
        Tensor upper = matrix.masked_fill(ones([300, 300], ScalarType.Bool).tril(-1), double.NaN);
        Assert.Equal(300 * 299 / 2, upper.isnan().sum().item<long>());
        Setup.Near(Banded(upper), expected, Rounding, "by way of a band");
        Setup.Near(SymmetricMatrix.Eigenvalues(upper), expected, Rounding, "by libtorch");
    }

    [Theory]
    [InlineData(double.NaN, 0, 0)]
    [InlineData(double.NaN, 299, 299)]
    [InlineData(double.NaN, 10, 280)]
    [InlineData(double.PositiveInfinity, 3, 3)]
    [InlineData(double.NegativeInfinity, 260, 290)]
    public void What_is_not_finite_is_refused_with_its_place(double bad, long row, long column)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor matrix = Setup.Drawn(1, ScalarType.Float64, 300, 300);
        matrix[row, column] = bad;
        string place = row < 256 ? "from 0 to 255" : "from 256 to 299";
        foreach (Func<Tensor> solve in new[] { () => Banded(matrix), () => SymmetricMatrix.Eigenvalues(matrix.clone()) })
        {
            string message = Assert.Throws<ArgumentException>(solve).Message;
            Assert.Contains("[300, 300] has an element that is not finite", message, StringComparison.Ordinal);
            Assert.Contains(place, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public unsafe void The_kernel_refuses_what_is_not_finite_by_itself()
    {
        double[] matrix = new double[100 * 100],
            eigenvalues = new double[100];
        (matrix[0], matrix[5 * 101]) = (1, double.NaN);
        fixed (double* from = matrix, to = eigenvalues)
            Assert.NotEqual(0, KernelImports.sharpless_band_eigenvalues(100, from, 100, to));
        matrix[5 * 101] = 1e200; // its square is infinite beside the diagonal only
        fixed (double* from = matrix, to = eigenvalues)
            Assert.Equal(0, KernelImports.sharpless_band_eigenvalues(100, from, 100, to));
        Assert.Equal(1e200, eigenvalues[99]);
    }

    [Fact]
    public void The_number_of_threads_does_not_change_the_stages_of_the_kernels()
    {
        // A band goes through the first stage unchanged, where libtorch's products may depend on it.
        using DisposeScope scope = NewDisposeScope();
        Tensor band = Setup.Drawn(2, ScalarType.Float64, 1500, 1500).tril(40);
        ThreadCounts.AssertSame(() => [Banded(band)]);
    }

    [Fact]
    public void Eigenvalues_of_nothing_and_of_one_number()
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.Equal([0], Banded(zeros([0, 0], ScalarType.Float64)).shape);
        Assert.Equal(-3, SymmetricMatrix.Eigenvalues(full([1, 1], -3.0, ScalarType.Float64))[0].item<double>());
        Assert.Equal([0], SymmetricMatrix.Eigenvalues(zeros([0, 0], ScalarType.Float64)).shape);
    }

    [Fact]
    public void Nothing_stays_behind_of_a_solution()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor matrix = Setup.Drawn(1, ScalarType.Float64, 300, 300);
        // Of this thread: finalizers of other tests change the count of all.
        static long Live() => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        long before = Live();
        Tensor eigenvalues = BandReduction.Eigenvalues(matrix, default);
        Assert.Equal(before + 1, Live());
        SymmetricMatrix.Accumulate(matrix, matrix.clone());
        Assert.Equal(before + 2, Live());
        Assert.Equal(300, eigenvalues.numel());
    }

    // ---- cancellation

    [Theory, InlineData(300, true), InlineData(1100, true), InlineData(2100, true), InlineData(1100, false)]
    public void Solved_under_a_token_eigenvalues_are_the_same(long order, bool hasKernels)
    {
        using DisposeScope scope = NewDisposeScope();
        using var kernels = new KernelSwitch(hasKernels);
        using var stop = new CancellationTokenSource();
        Tensor matrix = Setup.Drawn(1, ScalarType.Float64, order, order);
        Tensor expected = SymmetricMatrix.Eigenvalues(matrix.clone());
        // A thread of its own has libtorch's count of threads as it was set here.
        Setup.Near(SymmetricMatrix.Eigenvalues(matrix, stop.Token), expected, 0, "eigenvalues");
    }

    [Fact]
    public void A_stop_ends_the_waiting_and_soon_the_work()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor matrix = Setup.Drawn(1, ScalarType.Float64, 3000, 3000);
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => SymmetricMatrix.Eigenvalues(matrix, stopped.Token));

        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        long start = Stopwatch.GetTimestamp();
        Assert.ThrowsAny<OperationCanceledException>(() => SymmetricMatrix.Eigenvalues(matrix, stop.Token));
        // The whole takes more than a second; a loaded machine may wake this thread late.
        TimeSpan waited = Stopwatch.GetElapsedTime(start);
        using Process process = Process.GetCurrentProcess();
        TimeSpan used = process.TotalProcessorTime;
        Thread.Sleep(1500);
        process.Refresh();
        // Of the 1.5 s the work could have taken all; it ended at its next step.
        Assert.True(
            (process.TotalProcessorTime - used).TotalSeconds < 0.75,
            $"stopped after {waited.TotalSeconds:F1} s, the work went on"
        );
    }

    [Fact]
    public void A_refusal_reaches_the_caller_from_the_other_thread()
    {
        using DisposeScope scope = NewDisposeScope();
        using var stop = new CancellationTokenSource();
        Tensor matrix = full([1100, 1100], double.NaN, ScalarType.Float64);
        Assert.Throws<ArgumentException>(() => SymmetricMatrix.Eigenvalues(matrix, stop.Token));
    }

    [Fact]
    public void Misfits_are_named_where_libtorch_would_end_the_process()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor gram = zeros([3, 3], ScalarType.Float64),
            panel = zeros([2, 3], ScalarType.Float64);
        Refused("The panel is [2, 4] Float64", () => SymmetricMatrix.Accumulate(gram, zeros([2, 4], ScalarType.Float64)));
        Refused("The panel is [2, 3] Float32", () => SymmetricMatrix.Accumulate(gram, zeros(2, 3)));
        Refused("The panel is [3] Float64", () => SymmetricMatrix.Accumulate(gram, zeros([3], ScalarType.Float64)));
        Refused("gram is [3, 3] Float32", () => SymmetricMatrix.Accumulate(zeros(3, 3), panel));
        Refused("gram is [2, 3] Float64", () => SymmetricMatrix.Accumulate(panel, panel));
        Refused("with strides [1, 3]", () => SymmetricMatrix.Accumulate(gram.t(), panel));
        Refused("matrix is [2, 3] Float64", () => SymmetricMatrix.Eigenvalues(panel));
        Refused("matrix is [3] Float64", () => SymmetricMatrix.Eigenvalues(gram[0]));
        Refused("matrix is [3, 3] Float32", () => SymmetricMatrix.Eigenvalues(zeros(3, 3)));

        static void Refused(string expected, Action call) =>
            Assert.Contains(expected, Assert.Throws<ArgumentException>(call).Message, StringComparison.Ordinal);
    }

    private static Tensor Banded(Tensor matrix) => BandReduction.Eigenvalues(matrix.clone(), default);

    private static Tensor SecondDifferences(long order) =>
        (eye(order, order, ScalarType.Float64) * 2)
        - ones(order - 1, ScalarType.Float64).diag(1)
        - ones(order - 1, ScalarType.Float64).diag(-1);
}

using System.CommandLine;
using Sharpless.Cli.Sweep;

namespace Sharpless.Cli.Tests.Sweep;

public class SweepGridTests
{
    private static readonly Option[] Known = [new Option<double>("--sam-rho"), new Option<int>("--eval-iter-freq"), new Option<bool>("--no-data-augm"), new Option<string[]>("--taps")];

    [Fact]
    public void The_grid_is_the_product_of_the_lists_and_the_last_option_varies_fastest()
    {
        var grid = new SweepGrid(["--sam-rho", "0,0.1", "--no-data-augm", "--eval-iter-freq", "-1", "--seed=3,4,5"], Known);
        Assert.Equal(["sam-rho", "seed"], grid.Axes);
        SweepPoint[] points = [.. grid.Points()];
        Assert.Equal(6, points.Length);
        Assert.Equal(["--sam-rho=0", "--no-data-augm", "--eval-iter-freq=-1", "--seed=3"], points[0].Arguments);
        Assert.Equal(["--sam-rho=0", "--no-data-augm", "--eval-iter-freq=-1", "--seed=4"], points[1].Arguments);
        Assert.Equal(["--sam-rho=0.1", "--no-data-augm", "--eval-iter-freq=-1", "--seed=5"], points[5].Arguments);
        Assert.Equal(["sam-rho-0_seed-3", "sam-rho-0_seed-4", "sam-rho-0_seed-5", "sam-rho-0.1_seed-3", "sam-rho-0.1_seed-4", "sam-rho-0.1_seed-5"], points.Select(point => point.Name));
    }

    [Fact]
    public void An_option_that_is_a_list_itself_keeps_its_commas()
    {
        SweepPoint point = Assert.Single(new SweepGrid(["--taps", "block1,block2"], Known).Points());
        Assert.Equal(["--taps=block1,block2"], point.Arguments);
        Assert.Equal("run", point.Name);
    }

    [Fact]
    public void A_path_in_the_grid_gives_a_plain_folder_name() =>
        Assert.Equal(["dataset-npz-a-b.npz", "dataset-mnist"], new SweepGrid(["--dataset", "npz:a/b.npz,mnist"], Known).Points().Select(point => point.Name));

    [Theory]
    [InlineData("--sam-rho 0 0.1", "'0.1' is no option")]
    [InlineData("--sam-rho 0,,0.1", "A value of --sam-rho is empty")]
    [InlineData("--sam-rho 0,0.1,0", "--sam-rho has the value '0' twice")]
    [InlineData("--sam-rho 0 --sam-rho 0.1", "--sam-rho is given twice")]
    public void A_grid_that_is_not_clear_is_refused(string arguments, string error) =>
        Assert.Contains(error, Assert.Throws<UsageException>(() => new SweepGrid(arguments.Split(' '), Known)).Message, StringComparison.Ordinal);
}

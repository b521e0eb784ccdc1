using Sharpless.Experiments.TwoLayer;

namespace Sharpless.Tests.Experiments.TwoLayer;

// Tables of the published seed, printed by the published program with seven or eight digits, labels with four or eight.
public sealed class TeacherTaskTests
{
    private const double Tolerance = 2e-6;
    private const int Seed = TwoLayerOptions.PublishedSeed;

    private static readonly float[] Points =
    [
        0.04532646f, 0.4481855f, -0.89279073f, 0.38975188f, -0.23505501f, -0.89041704f, -0.6872606f, 0.63512874f, 0.35253975f, -0.8782175f, 0.47349682f, -0.06734051f,
        0.33301365f, 0.26029646f, -0.90628237f, 0.20666006f, -0.35732302f, 0.9108303f, 0.59226185f, 0.03777515f, -0.8048596f, 0.04459177f, 0.13098568f, -0.9903809f,
        0.78790694f, 0.13972901f, 0.599732f, -0.46342045f, 0.6811921f, -0.5667617f, -0.7671291f, 0.6389953f, 0.05655026f, -0.8619208f, -0.40411198f, 0.30624512f,
        0.90928143f, 0.39841923f, -0.12028838f, 0.536676f, -0.77067184f, 0.34357518f, -0.9953046f, -0.00691386f, -0.09654528f, 0.543249f, -0.2051959f, 0.81411004f,
        -0.16887963f, 0.7180485f, 0.6751933f, -0.9996018f, 0.02038841f, 0.01950905f, -0.46898395f, 0.1080473f, -0.8765728f, 0.6848845f, 0.6277398f, 0.36996755f,
    ];

    [Fact]
    public void Training_and_test_points_are_the_published_ones()
    {
        TeacherTask task = TeacherTask.Published(Seed, Activation.Relu);
        Assert.Equal(60, task.Inputs.Length);
        Assert.Equal(3000, task.TestInputs.Length);
        AreNear(Points, task.Inputs, 1e-7);
        AreNear([0.9896708f, 0.14080037f, 0.02696217f, -0.5882605f, 0.23870662f, -0.7726376f, 0.88567126f, -0.4510078f, 0.1103553f], task.TestInputs[..9], 1e-7);
    }

    [Fact]
    public void The_teacher_is_the_published_one()
    {
        TwoLayerWeights teacher = TwoLayerWeights.Draw(Seed, 3, 3, scale: 1).AsTeacher();
        AreNear([0.6065998f, 0.48833403f, 0.6273488f, 0.9985392f, -0.04564708f, 0.02890985f, -0.55524915f, -0.17623788f, -0.81279683f], teacher.Hidden, Tolerance);
        AreNear([0.16104625f, 1.1758317f, -0.3615134f], teacher.HiddenBias, Tolerance);
        Assert.Equal([1, -1, 1], teacher.Output);
        Assert.Equal(0.46814495f, teacher.OutputBias, Tolerance);
    }

    [Fact]
    public void The_student_starts_where_the_published_one_does()
    {
        TwoLayerWeights student = TwoLayerWeights.Draw(Seed, 3, 100, scale: 0.3);
        AreNear([0.30628783f, -0.14404432f, -0.29556012f, 0.28645408f, 0.28327495f, -0.1429717f], student.Hidden[..6], Tolerance);
        AreNear([0.45631257f, -0.19175677f, 0.10433334f], student.HiddenBias[..3], Tolerance);
        AreNear([0.22413005f, 0.35308233f, -0.14365199f], student.Output[..3], Tolerance);
        Assert.Equal(-0.18002737f, student.OutputBias, Tolerance);
    }

    [Theory]
    [InlineData(Activation.Relu, 5e-6, new[]
    {
        -0.44668883, -0.89462608, 0.27284431, 0.29021069, -0.85780126, -0.27336609, -1.24025941, -0.32198161, -0.42193657, 0.03894684,
        0.12908095, 0.12567496, -0.76226062, -0.96290034, 0.55945826, -0.38193673, 0.3070364, 0.46488604, 0.38320881, -0.2584694,
    })]
    [InlineData(Activation.Absolute, 6e-5, new[]
    {
        -0.2940, -0.6187, 0.6512, 0.4729, -0.7794, 0.8802, -1.1974, 0.0473, 0.8891, 0.1819, 0.2232, 0.5533, 0.0766, -0.1600, 1.0661, 0.9068, 1.2501, 0.8880, 1.0038, 0.8947,
    })]
    [InlineData(Activation.Tanh, 6e-5, new[]
    {
        -0.2549, -0.5297, -0.0633, 0.1160, -0.3664, -0.6477, -0.4813, -0.3383, -0.5640, -0.0238, 0.0528, -0.2735, -0.5038, -0.8249, 0.0876, -0.6153, -0.3455, 0.0654, -0.1416, -0.4957,
    })]
    public void Labels_are_the_published_ones(Activation activation, double tolerance, double[] labels) =>
        AreNear([.. labels.Select(label => (float)label)], TeacherTask.Published(Seed, activation).Labels, tolerance);

    [Fact]
    public void Test_labels_are_the_published_ones() =>
        AreNear([-0.84321159f, 0.46399355f, -1.06855869f], TeacherTask.Published(Seed, Activation.Relu).TestLabels[..3], 5e-6);

    [Fact]
    public void Points_come_in_the_published_order() =>
        Assert.Equal([19, 4, 6, 18, 16, 10, 3, 14, 6, 18, 4, 17, 3, 11, 14, 4, 14, 5, 1, 18], TeacherTask.PublishedOrder(Seed, 20).Select(point => (int)point));

    [Fact]
    public void Another_seed_has_other_points_another_teacher_and_another_order()
    {
        TeacherTask four = TeacherTask.Published(4, Activation.Relu), five = TeacherTask.Published(5, Activation.Relu);
        Assert.Empty(four.Inputs.Intersect(five.Inputs));
        Assert.NotEqual(TwoLayerWeights.Draw(4, 3, 3, 1).Hidden, TwoLayerWeights.Draw(5, 3, 3, 1).Hidden);
        Assert.NotEqual(TeacherTask.PublishedOrder(4, 50), TeacherTask.PublishedOrder(5, 50));
    }

    private static void AreNear(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"[{i}] is {actual[i]}, expected {expected[i]} ± {tolerance}.");
    }
}

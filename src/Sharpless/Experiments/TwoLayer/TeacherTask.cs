using Sharpless.Data;

namespace Sharpless.Experiments.TwoLayer;

/// <summary>What a student learns: points on the unit sphere, labelled by a teacher without noise.</summary>
/// <param name="Inputs">Training points [n, d], row-major.</param>
/// <param name="Labels">The teacher's outputs [n].</param>
/// <param name="TestInputs">Test points [n, d].</param>
/// <param name="TestLabels">The teacher's outputs there.</param>
internal sealed record TeacherTask(float[] Inputs, float[] Labels, float[] TestInputs, float[] TestLabels)
{
    /// <summary>d.</summary>
    internal const int Dimensions = 3;

    /// <summary>Units of the teacher.</summary>
    internal const int TeacherUnits = 3;

    /// <summary>Training points.</summary>
    internal const int TrainCount = 20;

    /// <summary>Test points.</summary>
    internal const int TestCount = 1000;

    /// <summary>The published task of a seed: the points are numpy's random numbers, the teacher's weights libtorch's.</summary>
    internal static TeacherTask Published(int seed, Activation activation)
    {
        var random = new MersenneTwister((uint)seed);
        float[] inputs = OnSphere(TrainCount), testInputs = OnSphere(TestCount);
        TwoLayerWeights teacher = TwoLayerWeights.Draw(seed, Dimensions, TeacherUnits, scale: 1).AsTeacher();
        return new TeacherTask(inputs, Outputs(inputs), testInputs, Outputs(testInputs));

        float[] OnSphere(int count)
        {
            var values = new float[count * Dimensions];
            for (int i = 0; i < values.Length; i++) values[i] = (float)random.NextNormal();
            return TwoLayerWeights.UnitRows(values, Dimensions);
        }

        float[] Outputs(float[] points) => new TwoLayerNetwork<float>(activation, teacher).Outputs(points);
    }

    /// <summary>The published choice of a training point for each step: the first entry of a fresh permutation of all of them.</summary>
    internal static byte[] PublishedOrder(int seed, int steps)
    {
        var random = new MersenneTwister((uint)seed);
        var order = new byte[steps];
        for (int step = 0; step < steps; step++) order[step] = (byte)random.Permutation(TrainCount)[0];
        return order;
    }
}

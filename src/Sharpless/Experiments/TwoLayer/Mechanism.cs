namespace Sharpless.Experiments.TwoLayer;

/// <summary>Measures the mechanism on a ReLU student in float64: every step of SAM beside <see cref="PreActivationChange"/>.</summary>
internal static class Mechanism
{
    /// <summary>Windows of <see cref="MechanismRun.Windows"/>.</summary>
    private const int Windows = 35;

    private static readonly double[] Radii = [1e-1, 3e-2, 1e-2, 3e-3, 1e-3];

    /// <summary>Trains a student up to the end of SAM.</summary>
    internal static MechanismRun Run(TeacherTask task, byte[] order, TwoLayerWeights start, StudentTraining training, CancellationToken cancel = default)
    {
        var network = new TwoLayerNetwork<double>(Activation.Relu, start);
        var trainer = new StudentTrainer<double>(network, task, order, training);
        var predicted = new PreActivationChange(network);
        double[] points = Array.ConvertAll(task.Inputs, value => (double)value), after = new double[network.Lanes];
        int updates = training.Iterations / 2 + 1;
        var whole = new Tally();
        var windows = new List<MechanismWindow>();
        double exactError = 0;
        int kept = 0, back = 0;
        bool[] wasOn = On(network, points), isOn = wasOn;
        for (int window = 0; window < Windows; window++)
        {
            cancel.ThrowIfCancellationRequested();
            var tally = new Tally();
            int first = trainer.Iteration, end = (int)((long)updates * (window + 1) / Windows);
            while (trainer.Iteration < end)
            {
                ReadOnlySpan<double> x = trainer.PointAt(trainer.Iteration);
                predicted.Predict(x, trainer.LabelAt(trainer.Iteration), training.LearningRateAt(trainer.Iteration), training.Rho);
                trainer.Step();
                network.PreActivations(network.Parameters, x, after);
                tally.Add(predicted, after, network.Units);
                if (predicted.KeepsPattern)
                {
                    kept++;
                    exactError = Math.Max(exactError, ExactError(predicted, after, network.Units));
                }

                bool[] now = On(network, points);
                for (int unit = 0; unit < now.Length; unit++) back += now[unit] && !isOn[unit] ? 1 : 0;
                isOn = now;
            }

            if (tally.Updates == 0) continue;
            windows.Add(new MechanismWindow(first, tally.Reduction / tally.Updates, tally.AbsoluteFitting / tally.Updates, tally.SignAgreement, tally.MedianError));
            whole.Add(tally);
        }

        return new MechanismRun(
            training.Rho, training.Seed, whole.SignAgreement, whole.MedianError, (double)kept / updates, exactError, whole.Reduction, whole.Fitting,
            Enumerable.Range(0, network.Units).Count(unit => wasOn[unit] && !isOn[unit]), back, windows, [.. Radii.Select(rho => new MechanismResidual(rho, Residual(network, task, training.LearningRate, rho)))]);
    }

    // What the first order leaves of one step at each point, from these weights.
    private static double Residual(TwoLayerNetwork<double> network, TeacherTask task, double learningRate, double rho)
    {
        var predicted = new PreActivationChange(network);
        double[] weights = [.. network.Parameters], after = new double[network.Lanes];
        double squares = 0;
        for (int point = 0; point < task.Labels.Length; point++)
        {
            var step = new StudentTrainer<double>(network, task, [(byte)point], new StudentTraining { LearningRate = learningRate, Iterations = 2, Rho = rho });
            ReadOnlySpan<double> x = step.PointAt(0);
            predicted.Predict(x, step.LabelAt(0), learningRate, rho);
            step.Step();
            network.PreActivations(network.Parameters, x, after);
            for (int unit = 0; unit < network.Units; unit++) squares += Square(after[unit] - predicted.Before[unit] - predicted.Fitting[unit] + predicted.Reduction[unit]);
            weights.CopyTo(network.Parameters, 0);
        }

        return Math.Sqrt(squares / task.Labels.Length);
    }

    private static double ExactError(PreActivationChange predicted, double[] after, int units)
    {
        double difference = 0, measured = 0, squares = 0;
        for (int unit = 0; unit < units; unit++)
        {
            double change = after[unit] - predicted.Before[unit];
            difference += Square(predicted.Exact[unit] - change);
            measured += Square(change);
            squares += Square(predicted.Before[unit]);
        }

        // Changes below a millionth of the pre-activations themselves drown in their rounding.
        return difference == 0 ? 0 : Math.Sqrt(difference / Math.Max(measured, 1e-12 * squares));
    }

    // Which units are on at a training point at least.
    private static bool[] On(TwoLayerNetwork<double> network, double[] points)
    {
        var isOn = new bool[network.Units];
        var h = new double[network.Lanes];
        for (int point = 0; point < points.Length; point += network.Inputs)
        {
            network.PreActivations(network.Parameters, points.AsSpan(point, network.Inputs), h);
            for (int unit = 0; unit < isOn.Length; unit++) isOn[unit] |= h[unit] > 0;
        }

        return isOn;
    }

    private static double Square(double value) => value * value;

    // Sums over updates.
    private sealed class Tally
    {
        private readonly List<double> _errors = [];
        private long _agreeing;
        private long _changes;

        internal int Updates { get; private set; }

        internal double Reduction { get; private set; }

        internal double Fitting { get; private set; }

        internal double AbsoluteFitting { get; private set; }

        internal double SignAgreement => _changes == 0 ? double.NaN : (double)_agreeing / _changes;

        internal double MedianError => _errors.Count == 0 ? double.NaN : _errors.Order().ElementAt(_errors.Count / 2);

        internal void Add(PreActivationChange predicted, double[] after, int units)
        {
            double difference = 0, measured = 0;
            for (int unit = 0; unit < units; unit++)
            {
                Reduction += predicted.Reduction[unit] / units;
                Fitting += predicted.Fitting[unit] / units;
                AbsoluteFitting += Math.Abs(predicted.Fitting[unit]) / units;
                double change = after[unit] - predicted.Before[unit], first = predicted.Fitting[unit] - predicted.Reduction[unit];
                if (predicted.Before[unit] <= 0 || change == 0) continue;
                _changes++;
                if (Math.Sign(change) == Math.Sign(first)) _agreeing++;
                difference += Square(first - change);
                measured += Square(change);
            }

            if (measured > 0) _errors.Add(Math.Sqrt(difference / measured));
            Updates++;
        }

        internal void Add(Tally other)
        {
            _errors.AddRange(other._errors);
            (_agreeing, _changes, Updates) = (_agreeing + other._agreeing, _changes + other._changes, Updates + other.Updates);
            (Reduction, Fitting, AbsoluteFitting) = (Reduction + other.Reduction, Fitting + other.Fitting, AbsoluteFitting + other.AbsoluteFitting);
        }
    }
}

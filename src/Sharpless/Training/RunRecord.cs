namespace Sharpless.Training;

/// <summary>What a run folder holds, read back: configuration, evaluations, last spectra and, once finished, the result.</summary>
/// <remarks>Only files that the training loop wrote are read; nothing in the folder is changed.</remarks>
public sealed record RunRecord
{
    /// <summary>The folder as it was given to <see cref="Load"/>.</summary>
    public required string Folder { get; init; }

    /// <summary>What was run, where and on which data (<c>config.json</c>).</summary>
    public required RecordedConfiguration Configuration { get; init; }

    /// <summary>One record per evaluation in the order of training (<c>metrics.csv</c>). Empty before the first evaluation.</summary>
    public required IReadOnlyList<EvaluationRecord> Evaluations { get; init; }

    /// <summary>The result (<c>result.json</c>), or null while the run is unfinished.</summary>
    public RecordedResult? Result { get; init; }

    /// <summary>Spectra of the last evaluation that wrote any, or null.</summary>
    public RecordedSpectra? Spectra { get; init; }

    /// <summary>Radius ρ of SAM; 0 where the run used the base optimizer.</summary>
    public double Rho => Configuration.Number("sam-rho") ?? 0;

    /// <summary>Seed of the run; 0 where none was recorded.</summary>
    public long Seed => (long)(Configuration.Number("seed") ?? 0);

    /// <summary>Whether the run reached its last step.</summary>
    public bool IsFinished => Result is not null;

    /// <summary>Latest value of a quantity: the final one of a finished run, otherwise that of the last evaluation that measured it.</summary>
    /// <param name="quantity">A column of <c>metrics.csv</c>: <c>test_error</c>, <c>feature_rank.block4</c>, ... Errors run from 0 to 1.</param>
    /// <returns>Null where it was never measured. NaN or infinite where training diverged.</returns>
    public double? Latest(string quantity)
    {
        if (Result is not null && Result.Final.TryGetValue(quantity, out double final)) return final;
        return Evaluations.Select(evaluation => evaluation[quantity]).LastOrDefault(value => value is not null);
    }

    /// <summary>Reads a run folder.</summary>
    /// <param name="folder">Folder with <c>config.json</c> and <c>metrics.csv</c>, as <c>sharpless train</c> writes it.</param>
    /// <exception cref="UsageException">There is no such folder, or it is no run: <c>config.json</c> or <c>metrics.csv</c> is missing.</exception>
    /// <exception cref="InvalidDataException">A file is malformed. The message names file and place.</exception>
    public static RunRecord Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder)) throw new UsageException($"There is no folder \"{folder}\".", "Check the path; runs lie in runs/ unless --out said otherwise.");
        string configuration = Path.Combine(folder, "config.json"), metrics = Path.Combine(folder, "metrics.csv"), result = Path.Combine(folder, "result.json");
        if (!File.Exists(configuration)) throw new UsageException($"\"{folder}\" holds no config.json, so it is no run folder.", "A run folder is what `sharpless train --out DIR` fills.");
        if (!File.Exists(metrics)) throw new UsageException($"\"{folder}\" holds no metrics.csv.", "It appears with the first evaluation; start the run again with --resume if it was stopped before.");
        return new RunRecord
        {
            Folder = folder,
            Configuration = RecordedConfiguration.Load(configuration),
            Evaluations = MetricsFile.Read(metrics),
            Result = File.Exists(result) ? RecordedResult.Load(result) : null,
            Spectra = RecordedSpectra.LoadLast(folder),
        };
    }
}

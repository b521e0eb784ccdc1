using Sharpless.Torch;

namespace Sharpless.Training;

/// <summary>Where a run happens and how often it saves: what does not decide its outcome.</summary>
public sealed record TrainPlace
{
    /// <summary>The run's folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Whether to go on with the run that the folder holds. Default no.</summary>
    public bool Resumes { get; init; }

    /// <summary>Steps from one checkpoint to the next; evaluations save too. Default: evaluations alone.</summary>
    public long CheckpointPeriod { get; init; } = long.MaxValue;

    /// <summary>Where data sets are; null for the default of <see cref="Data.DataFolder"/>.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Where to compute. Default the CPU.</summary>
    public Device Device { get; init; } = CPU;

    /// <summary>
    /// Told, before training, what a user should know: of the data (<see cref="Data.ImageData.Notes"/>), and of damage that was found and mended, such as a
    /// checkpoint that cannot be read; null for nobody.
    /// </summary>
    public Action<string>? Warn { get; init; }

    internal IReadOnlyDictionary<string, object> Environment() => new Dictionary<string, object>
    {
        ["commit"] = BuildVersion.Commit,
        ["libtorch"] = Runtime.LibtorchVersion,
        ["device"] = Device.ToString(),
        ["threads"] = Runtime.Threads,
        ["cpu"] = Processor.Name,
        ["runtime"] = System.Environment.Version.ToString(),
    };
}

using Sharpless.Models;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>The weights of a network as they lie in a file or in a run, with their mask, and the model where it is known.</summary>
public sealed class StoredNetwork
{
    private StoredNetwork(string weightFile, IReadOnlyDictionary<string, Tensor> weights, IReadOnlyDictionary<string, Tensor> live, IReadOnlyDictionary<string, string> metadata, KnownModel? model) =>
        (WeightFile, Weights, Live, Metadata, Model) = (weightFile, weights, live, metadata, model);

    /// <summary>The file that the weights were read from.</summary>
    public string WeightFile { get; }

    /// <summary>All tensors by name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, Tensor> Weights { get; }

    /// <summary>The mask of the weights (Bool, true: live); empty where there is none.</summary>
    public IReadOnlyDictionary<string, Tensor> Live { get; }

    /// <summary>Free text of the file.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The model that the tensors belong to; null where it is none of the catalog.</summary>
    public KnownModel? Model { get; }

    /// <summary>Reads a network. Its tensors are owned by the caller.</summary>
    /// <param name="path">A safetensors file, or the folder of a finished run.</param>
    /// <exception cref="UsageException">A folder without a finished run, or a mask that belongs to other weights.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or no safetensors file.</exception>
    public static StoredNetwork Open(string path)
    {
        string weightFile = Directory.Exists(path) ? RunFolder.FinishedWeights(path) : path;
        StoredWeights stored = Training.WeightFile.Load(weightFile);
        MaskFile.RequireFits(MaskFile.PathFor(weightFile), stored.Live, stored.Tensors, "Give the weights that the mask was made with, or move the mask away.");
        KnownModel? model = KnownModel.Recognize(stored.Tensors.ToDictionary(item => item.Key, item => item.Value.shape));
        return new StoredNetwork(weightFile, stored.Tensors, stored.Live, stored.Metadata, model);
    }

    /// <summary>Refuses a place for a pruned network where something else would be lost.</summary>
    /// <param name="path">The weight file to be written; its mask comes beside it.</param>
    /// <param name="overwrites">Whether a file that pruning did not write may go. Default no.</param>
    /// <exception cref="UsageException">The network itself, a run's weights, or a file that pruning did not write.</exception>
    public void RequireMayWrite(string path, bool overwrites = false)
    {
        string full = RequirePlace(path, "--out"), mask = MaskFile.PathFor(full);
        if (!overwrites && File.Exists(full) && !File.Exists(mask)) throw new UsageException($"'{path}' is there already, and no pruned network (no {Path.GetFileName(mask)} beside it).", "Name another file with --out, or add --force to overwrite this one.");
    }

    /// <summary>Refuses a place for a packed network where something else would be lost.</summary>
    /// <param name="path">The packed file to be written.</param>
    /// <param name="output">The weight file that is written too; null for none.</param>
    /// <param name="overwrites">Whether a file that is not packed may go. Default no.</param>
    /// <exception cref="UsageException">The network itself, a run's weights, the other output, or a file that is not packed.</exception>
    public void RequireMayPack(string path, string? output, bool overwrites = false)
    {
        string full = RequirePlace(path, "--pack");
        if (output is not null && Real(Path.GetFullPath(output)) is string other && (other == full || MaskFile.PathFor(other) == full)) throw new UsageException($"'{path}' is what --out writes too.", "Name another file with --pack.");
        if (overwrites || !File.Exists(full)) return;
        if (!IsPacked(full)) throw new UsageException($"'{path}' is there already, and no packed network.", "Name another file with --pack, or add --force to overwrite this one.");
    }

    private static bool IsPacked(string path)
    {
        try
        {
            using ArrayFile file = ArrayFile.Open(path);
            return PackedWeights.Is(file);
        }
        catch (InvalidDataException)
        {
            return false;                                                        // no array file at all
        }
    }

    /// <summary>Writes a pruned network packed.</summary>
    /// <param name="path">The file. Its folder is made where it is not there.</param>
    /// <param name="weights">The network, borrowed.</param>
    public static void Pack(string path, StoredWeights weights)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        PackedWeights.Write(path, weights);
    }

    /// <summary>Writes a pruned form of this network: weights and, beside them, the mask. Metadata, names, order and types are those of this network.</summary>
    /// <param name="path">The weight file. Its folder is made where it is not there.</param>
    /// <param name="weights">Tensors by name, borrowed.</param>
    /// <param name="live">Bool tensors (true: live) by name, borrowed.</param>
    /// <param name="overwrites">See <see cref="RequireMayWrite"/>.</param>
    /// <exception cref="UsageException">See <see cref="RequireMayWrite"/>.</exception>
    public void Write(string path, IReadOnlyDictionary<string, Tensor> weights, IReadOnlyDictionary<string, Tensor> live, bool overwrites = false)
    {
        ArgumentNullException.ThrowIfNull(weights);
        RequireMayWrite(path, overwrites);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        // In this order the process can be killed at any moment without leaving weights beside a mask that is not theirs.
        File.Delete(path);
        MaskFile.Write(MaskFile.PathFor(path), live);
        Training.WeightFile.Write(path, weights, Metadata);
    }

    private string RequirePlace(string path, string option)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string hint = $"Name another file with {option}.";
        string full = Real(Path.GetFullPath(path)), own = Real(Path.GetFullPath(WeightFile));
        if (Directory.Exists(full)) throw new UsageException($"'{path}' is a folder; the pruned weights are one file.", $"Name a file in it: {option} {Path.Combine(path, "pruned.safetensors")}");
        if (new[] { own, MaskFile.PathFor(own) }.Intersect([full, MaskFile.PathFor(full)]).Any()) throw new UsageException($"'{path}' is the network that is to be pruned, or its mask; it is not overwritten.", hint);
        if (File.Exists(Path.Combine(Path.GetDirectoryName(full)!, "config.json"))) throw new UsageException($"'{path}' lies in the folder of a run, which holds the run's own files only.", hint);
        return full;
    }

    // Two paths of one file differ where a folder above it is a link.
    private static string Real(string full) => Path.GetDirectoryName(full) is string folder
        ? Path.Combine(Real(Directory.Exists(folder) ? new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? folder : folder), Path.GetFileName(full))
        : full;
}

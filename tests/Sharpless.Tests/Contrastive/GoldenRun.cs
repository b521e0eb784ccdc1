using Sharpless.Contrastive;
using Sharpless.Data.Captions;
using Sharpless.Tests.Data;
using Sharpless.Training;

namespace Sharpless.Tests.Contrastive;

/// <summary>An untrained run with the weights and pictures of tests/golden/contrastive/run.py, and its test split.</summary>
internal sealed class GoldenRun : IDisposable
{
    internal static readonly string Initial = GoldenFiles.PathOf("contrastive", "run", "init.safetensors");

    private readonly TemporaryFolder _folder = new();

    internal GoldenRun()
    {
        var options = new ContrastiveOptions
        {
            Data = Path.GetDirectoryName(Initial)!, ImageModel = GoldenFiles.PathOf("pretrained", "hybrid-root.npz"), TextModel = Golden.Bert, InitialWeights = Initial,
            BatchSize = 4, Epochs = 0, TextLength = 16, Projection = 8,
        };
        ContrastiveTrainer.Run(options, new TrainPlace { Folder = _folder.File("run") });
        Run = ContrastiveRun.Open(_folder.File("run"), precision: null, CPU);
        Reader = Run.Read(null, "test", null);
    }

    internal ContrastiveRun Run { get; }

    internal CaptionReader Reader { get; }

    public void Dispose()
    {
        Run.Dispose();
        _folder.Dispose();
    }
}

using System.Globalization;
using Sharpless.Cli.Hosting;
using Sharpless.Contrastive;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary>The result of an image-text training as a table for people.</summary>
internal static class ContrastTables
{
    private static readonly (string Column, string Heading, string Format)[] Quantities =
    [
        ("train_loss", "train loss", "0.0000"), ("test_loss", "test loss", "0.0000"),
        ("imagewise_acc", "own picture nearest to a text, in batches", "0.0 %"), ("textwise_acc", "own text nearest to a picture, in batches", "0.0 %"),
        ("text_to_image.r1", "picture found at once, whole test split", "0.0 %"), ("text_to_image.chance1", "by chance", "0.00 %"),
        ("image_to_text.r1", "text found at once, whole test split", "0.0 %"), ("image_to_text.chance1", "by chance", "0.00 %"),
        ("image_rank.0.99", "rank of the pictures' embeddings (0.99)", "0"), ("text_rank.0.99", "rank of the texts' embeddings (0.99)", "0"),
    ];

    internal static void Write(Session session, ContrastiveResult result, string report)
    {
        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = false };
        table.AddColumn("");
        table.AddColumn(new TableColumn("").RightAligned());
        foreach ((string column, string heading, string format) in Quantities)
        {
            if (result.Final.TryGetValue(column, out double value)) table.AddRow(heading, value.ToString(format, CultureInfo.InvariantCulture));
        }

        if (result.Final.GetValueOrDefault("skipped_steps") is > 0 and double skipped) table.AddRow("skipped steps", string.Create(CultureInfo.InvariantCulture, $"{skipped:0} of {result.Steps}"));
        if (result.Divergence is not null) table.AddRow("diverged", "yes");
        table.AddRow("steps per second", result.StepsPerSecond.ToString("0.00", CultureInfo.InvariantCulture));
        session.Console.Write(table);
        session.Output.WriteLine($"run: {result.Run}");
        session.Output.WriteLine($"report: {report}");
    }
}

using System.CommandLine;
using Sharpless.Cli.Hosting;
using Sharpless.Pretrained;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless pretrained-rank nodes</c>: which nodes of an ONNX file can be measured.</summary>
internal static class OnnxNodesCommand
{
    private static readonly Argument<string> Network = new("FILE") { Description = "The ONNX file." };

    internal static Command Create()
    {
        var command = new Command("nodes", "List the nodes of an ONNX file that --nodes can name, in its order. "
            + "Example: sharpless pretrained-rank nodes resnet18.onnx") { Network };
        command.SetAction(Session.Action((session, _) => Run(session, session.Parsed.GetRequiredValue(Network))));
        return command;
    }

    private static int Run(Session session, string file)
    {
        IReadOnlyList<(string Node, string Operator, string Value)> nodes = OnnxNetwork.Nodes(file);
        session.WriteJson(new { Nodes = nodes.Select(node => new { node.Node, node.Operator, node.Value }) });
        if (session.Json) return ExitCode.Done;
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumns("node", "operator", "value");
        foreach ((string node, string kind, string value) in nodes)
            table.AddRow(Markup.Escape(node), Markup.Escape(kind), Markup.Escape(value));
        session.Console.Write(table);
        session.Output.WriteLine("--nodes takes names of nodes or of values; a comma in a name is written \\,");
        return ExitCode.Done;
    }
}

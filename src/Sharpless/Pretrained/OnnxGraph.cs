using Google.Protobuf;
using Sharpless.Torch;

namespace Sharpless.Pretrained;

/// <summary>
/// The graph of an ONNX file (<c>onnx.proto</c>): its nodes by name, and more of their values made outputs. Only names are read; the rest stays as it is.
/// </summary>
internal sealed class OnnxGraph
{
    // Numbers of fields in onnx.proto.
    private const int GraphOfModel = 7, NodeOfGraph = 1, OutputOfGraph = 12, OutputOfNode = 2, NameOfNode = 3, NameOfValue = 1;

    private readonly byte[] _model;
    private readonly List<(string Node, string Value)> _values = [];
    private readonly List<string> _outputs = [];

    private OnnxGraph(byte[] model) => _model = model;

    /// <summary>Names of the values that the graph gives by itself.</summary>
    internal IReadOnlyList<string> Outputs => _outputs;

    /// <summary>Reads the names in a file.</summary>
    /// <param name="model">The whole file.</param>
    /// <exception cref="InvalidDataException">Not such a file.</exception>
    internal static OnnxGraph Read(byte[] model)
    {
        var graph = new OnnxGraph(model);
        try
        {
            ForEach(ByteString.CopyFrom(model), [GraphOfModel], (_, inner) => ForEach(inner, [NodeOfGraph, OutputOfGraph], graph.Add));
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or InvalidOperationException)
        {
            throw new InvalidDataException($"This is no ONNX model: {error.Message}", error);
        }

        if (graph._values.Count == 0) throw new InvalidDataException("This is no ONNX model: it has no graph with nodes.");
        return graph;
    }

    /// <summary>The value that a name means: that of a value, or of a node, whose first output it then is.</summary>
    /// <exception cref="UsageException">Nothing in the graph has this name.</exception>
    internal string ValueOf(string name)
    {
        if (_values.Any(item => item.Value == name)) return name;
        if (_values.FirstOrDefault(item => item.Node == name).Value is string value) return value;
        string[] known = [.. _values.Select(item => item.Node).Concat(_values.Select(item => item.Value)).Where(text => text.Length > 0).Distinct()];
        string near = NearestName.Of(name, known) is string nearest ? $"Did you mean '{nearest}'? " : "";
        throw new UsageException(
            $"The graph has no node and no value '{name}'.",
            $"{near}It has {_values.Count} values, among them {string.Join(", ", _values.TakeLast(5).Select(item => $"'{(item.Node.Length > 0 ? item.Node : item.Value)}'"))}.");
    }

    /// <summary>The file with more outputs. Messages of protocol buffers that are put one behind the other merge, so nothing is rewritten.</summary>
    /// <param name="values">Names of values.</param>
    internal byte[] WithOutputs(IEnumerable<string> values)
    {
        byte[] graph = Written(output =>
        {
            foreach (string value in values.Except(_outputs))
            {
                output.WriteTag(OutputOfGraph, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(ByteString.CopyFrom(Written(inner =>
                {
                    inner.WriteTag(NameOfValue, WireFormat.WireType.LengthDelimited);
                    inner.WriteString(value);
                })));
            }
        });
        byte[] added = Written(output =>
        {
            output.WriteTag(GraphOfModel, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(graph));
        });
        return [.. _model, .. added];
    }

    private void Add(int field, ByteString content)
    {
        if (field == OutputOfGraph)
        {
            ForEach(content, [NameOfValue], (_, name) => _outputs.Add(name.ToStringUtf8()));
            return;
        }

        string node = "";
        List<string> outputs = [];
        ForEach(content, [NameOfNode, OutputOfNode], (part, text) =>
        {
            if (part == NameOfNode) node = text.ToStringUtf8();
            else outputs.Add(text.ToStringUtf8());
        });
        _values.AddRange(outputs.Where(output => output.Length > 0).Select(output => (node, output)));
    }

    // Visits the texts and messages of some fields; the weights, which are in others, are passed over without a copy.
    private static void ForEach(ByteString message, int[] fields, Action<int, ByteString> visit)
    {
        CodedInputStream input = message.CreateCodedInput();
        while (input.ReadTag() is uint tag and not 0)
        {
            int field = WireFormat.GetTagFieldNumber(tag);
            if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited && fields.Contains(field)) visit(field, input.ReadBytes());
            else input.SkipLastField();
        }
    }

    private static byte[] Written(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true)) write(output);
        return bytes.ToArray();
    }
}

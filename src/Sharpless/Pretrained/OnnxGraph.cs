using Google.Protobuf;
using Sharpless.Torch;

namespace Sharpless.Pretrained;

/// <summary>
/// The graph of an ONNX file (<c>onnx.proto</c>): its nodes by name, and the part of it that leads to some of their
/// values. Only names are read; weights are passed over.
/// </summary>
internal sealed class OnnxGraph
{
    // Numbers of fields in onnx.proto.
    private const int GraphOfModel = 7, NodeOfGraph = 1, InitializerOfGraph = 5, InputOfGraph = 11, OutputOfGraph = 12,
        SparseInitializerOfGraph = 15;

    private const int InputOfNode = 1, OutputOfNode = 2, NameOfNode = 3, OperatorOfNode = 4, AttributeOfNode = 5;
    private const int TensorOfAttribute = 5, GraphOfAttribute = 6, TensorsOfAttribute = 10, GraphsOfAttribute = 11;
    private const int NameOfTensor = 8, ExternalDataOfTensor = 13, NameOfValue = 1, ValuesOfSparse = 1;

    // Graphs inside graphs; ONNX Runtime refuses deeper ones too.
    private const int DeepestGraph = 50;

    private readonly ProtobufMessage _model;
    private readonly List<ProtobufField> _fields = [];
    private readonly List<OnnxNode> _nodes = [];
    private readonly List<string> _inputs = [], _outputs = [];
    private readonly HashSet<string> _weights = [];
    private readonly List<OnnxExternalData> _externalData = [];
    private readonly Dictionary<string, OnnxNode> _makers = [];
    private readonly HashSet<string> _varying;

    private OnnxGraph(byte[] model)
    {
        _model = new ProtobufMessage(model, 0, model.Length);
        foreach (ProtobufField graph in _model.Fields().Where(field => field.IsMessage(GraphOfModel)))
        {
            foreach (ProtobufField field in graph.Content.Fields()) Add(field);
        }

        _inputs.RemoveAll(_weights.Contains);
        foreach (OnnxNode node in _nodes)
            foreach (string value in node.Outputs) _makers.TryAdd(value, node);
        _varying = Varying();
    }

    /// <summary>Names of the values that the graph gives by itself.</summary>
    internal IReadOnlyList<string> Outputs => _outputs;

    /// <summary>Nodes whose values depend on what is put into the network, in the order of the file.</summary>
    internal IEnumerable<OnnxNode> Nodes => _nodes.Where(node => node.Outputs.Any(_varying.Contains));

    /// <summary>Where weights are that the file does not hold itself.</summary>
    internal IReadOnlyList<OnnxExternalData> ExternalData => _externalData;

    /// <summary>Reads the names in a file.</summary>
    /// <param name="model">The whole file.</param>
    /// <exception cref="InvalidDataException">Not such a file.</exception>
    internal static OnnxGraph Read(byte[] model)
    {
        OnnxGraph graph;
        try
        {
            graph = new OnnxGraph(model);
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or InvalidOperationException)
        {
            throw new InvalidDataException($"This is no ONNX model: {error.Message}", error);
        }

        if (graph._makers.Count == 0)
            throw new InvalidDataException("This is no ONNX model: it has no graph with nodes.");
        return graph;
    }

    /// <summary>The value that a name means: that of a value, or of a node, whose first output it then is.</summary>
    /// <exception cref="UsageException">
    /// Nothing in the graph has this name, or what has it does not depend on the images.
    /// </exception>
    internal string ValueOf(string name)
    {
        string? value = _makers.ContainsKey(name)
            ? name : _nodes.Find(node => node.Name == name)?.Outputs.FirstOrDefault(item => item.Length > 0);
        if (value is not null && _varying.Contains(value)) return value;
        OnnxNode[] nodes = [.. Nodes];
        string last = string.Join(", ", nodes.TakeLast(5)
            .Select(node => $"'{(node.Name.Length > 0 ? node.Name : node.Outputs[0])}'"));
        if (value is not null)
        {
            throw new UsageException(
                $"'{name}' is a constant: it does not depend on the images.", $"The last nodes are {last}.");
        }

        string[] near = NearestName.Several(name, nodes.Select(node => node.Name)
            .Concat(nodes.SelectMany(node => node.Outputs)).Where(text => text.Length > 0).Distinct(), 3);
        throw new UsageException(
            $"The graph has no node and no value '{name}'.",
            (near.Length > 0 ? $"Did you mean {string.Join(" or ", near.Select(item => $"'{item}'"))}? " : "")
                + $"It has {nodes.Length} nodes; the last are {last}.");
    }

    /// <summary>The part of the network that some values need, with them as its outputs.</summary>
    /// <param name="values">Names of values.</param>
    /// <returns>
    /// An ONNX file. What comes after the values, other outputs and the inputs that only those need are gone.
    /// </returns>
    internal byte[] Cut(IReadOnlyCollection<string> values)
    {
        (HashSet<string> needed, HashSet<int> nodes) = Needed(values);
        List<ProtobufField> kept = [.. _fields.Where(field => IsKept(field, needed, nodes))];
        byte[][] outputs = [.. values.Select(Output)];
        using var bytes = new MemoryStream();
        foreach (ProtobufField field in _model.Fields().Where(field => !field.IsMessage(GraphOfModel)))
            bytes.Write(field.Whole);
        bytes.Write(Written(output =>
        {
            output.WriteTag(GraphOfModel, WireFormat.WireType.LengthDelimited);
            output.WriteLength(checked(kept.Sum(field => field.Whole.Length) + outputs.Sum(item => item.Length)));
        }));
        foreach (ProtobufField field in kept) bytes.Write(field.Whole);
        foreach (byte[] item in outputs) bytes.Write(item);
        return bytes.ToArray();
    }

    // Values that depend on the inputs of the graph. Its nodes may be in any order.
    private HashSet<string> Varying()
    {
        ILookup<string, OnnxNode> readers = _nodes.SelectMany(node => node.Inputs.Select(value => (value, node)))
            .ToLookup(item => item.value, item => item.node);
        var varying = new HashSet<string>(_inputs);
        var open = new Stack<string>(varying);
        while (open.TryPop(out string? value))
            foreach (string output in readers[value].SelectMany(node => node.Outputs).Where(varying.Add))
                open.Push(output);
        return varying;
    }

    private static byte[] Output(string value) => Written(output =>
    {
        output.WriteTag(OutputOfGraph, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(Written(inner =>
        {
            inner.WriteTag(NameOfValue, WireFormat.WireType.LengthDelimited);
            inner.WriteString(value);
        })));
    });

    private static byte[] Written(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true)) write(output);
        return bytes.ToArray();
    }

    // Values, and places of nodes, that some values are computed from.
    private (HashSet<string> Values, HashSet<int> Nodes) Needed(IEnumerable<string> values)
    {
        var needed = new HashSet<string>(values);
        var nodes = new HashSet<int>();
        var open = new Stack<string>(needed);
        while (open.TryPop(out string? value))
        {
            if (!_makers.TryGetValue(value, out OnnxNode? node) || !nodes.Add(node.Field.Start)) continue;
            needed.UnionWith(node.Outputs);
            foreach (string input in node.Inputs.Where(needed.Add)) open.Push(input);
        }

        return (needed, nodes);
    }

    private static bool IsKept(ProtobufField field, HashSet<string> needed, HashSet<int> nodes) => field switch
    {
        _ when field.IsMessage(NodeOfGraph) => nodes.Contains(field.Start),
        _ when field.IsMessage(InitializerOfGraph) => needed.Contains(TextOf(field.Content, NameOfTensor)),
        _ when field.IsMessage(InputOfGraph) => needed.Contains(TextOf(field.Content, NameOfValue)),
        _ => !field.IsMessage(OutputOfGraph),
    };

    private void Add(ProtobufField field)
    {
        _fields.Add(field);
        if (field.IsMessage(NodeOfGraph)) _nodes.Add(Node(field));
        else if (field.IsMessage(InputOfGraph)) _inputs.Add(TextOf(field.Content, NameOfValue));
        else if (field.IsMessage(OutputOfGraph)) _outputs.Add(TextOf(field.Content, NameOfValue));
        else if (field.IsMessage(InitializerOfGraph)) AddWeight(field.Content);
        else if (field.IsMessage(SparseInitializerOfGraph))
            foreach (ProtobufField part in field.Content.Fields().Where(part => part.IsMessage(ValuesOfSparse)))
                AddWeight(part.Content);
    }

    private void AddWeight(ProtobufMessage tensor)
    {
        _weights.Add(TextOf(tensor, NameOfTensor));
        AddExternalData(tensor);
    }

    private void AddExternalData(ProtobufMessage tensor)
    {
        ProtobufField[] entries = [.. tensor.Fields().Where(field => field.IsMessage(ExternalDataOfTensor))];
        if (entries.Length > 0)
            _externalData.Add(OnnxExternalData.Read(TextOf(tensor, NameOfTensor),
                entries.Select(entry => entry.Content)));
    }

    private OnnxNode Node(ProtobufField field)
    {
        string name = "", kind = "";
        List<string> inputs = [], outputs = [];
        foreach (ProtobufField part in field.Content.Fields())
        {
            if (part.IsMessage(NameOfNode)) name = part.Content.Text;
            else if (part.IsMessage(OperatorOfNode)) kind = part.Content.Text;
            else if (part.IsMessage(InputOfNode)) inputs.Add(part.Content.Text);
            else if (part.IsMessage(OutputOfNode)) outputs.Add(part.Content.Text);
            else if (part.IsMessage(AttributeOfNode)) AddAttribute(part.Content, inputs, depth: 1);
        }

        return new OnnxNode(name, kind, [.. inputs.Where(text => text.Length > 0)],
            [.. outputs.Where(text => text.Length > 0)], field);
    }

    // A graph inside a node (If, Loop) may read any value of the graph around it. Its own names among them do no harm.
    private void AddAttribute(ProtobufMessage attribute, List<string> inputs, int depth)
    {
        if (depth > DeepestGraph)
            throw new InvalidDataException($"This is no ONNX model: graphs inside graphs, {DeepestGraph} deep.");
        foreach (ProtobufField field in attribute.Fields())
        {
            if (field.IsMessage(TensorOfAttribute) || field.IsMessage(TensorsOfAttribute))
                AddExternalData(field.Content);
            if (!field.IsMessage(GraphOfAttribute) && !field.IsMessage(GraphsOfAttribute)) continue;
            foreach (ProtobufField part in field.Content.Fields())
            {
                if (part.IsMessage(OutputOfGraph)) inputs.Add(TextOf(part.Content, NameOfValue));
                if (part.IsMessage(InitializerOfGraph)) AddExternalData(part.Content);
                if (!part.IsMessage(NodeOfGraph)) continue;
                foreach (ProtobufField item in part.Content.Fields())
                {
                    if (item.IsMessage(InputOfNode)) inputs.Add(item.Content.Text);
                    else if (item.IsMessage(AttributeOfNode)) AddAttribute(item.Content, inputs, depth + 1);
                }
            }
        }
    }

    private static string TextOf(ProtobufMessage message, int number)
    {
        foreach (ProtobufField field in message.Fields())
            if (field.IsMessage(number)) return field.Content.Text;
        return "";
    }
}

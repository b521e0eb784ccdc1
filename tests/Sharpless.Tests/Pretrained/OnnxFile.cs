using Google.Protobuf;

namespace Sharpless.Tests.Pretrained;

/// <summary>Writes small ONNX files (<c>onnx.proto</c>), right ones and wrong ones.</summary>
internal sealed class OnnxFile
{
    internal const int Float = 1, Bytes = 2, Long = 7, Bool = 9, Half = 10, Double = 11;

    // Types of attributes.
    private const int Whole = 2, Tensor = 4, Graph = 5, Wholes = 7;

    private readonly List<byte[]> _fields = [];

    /// <summary>An input or an output; without sizes the file does not say its shape. A size of 0 is any.</summary>
    internal OnnxFile Input(string name, int type, params long[]? sizes) => Field(11, Value(name, type, sizes));

    internal OnnxFile Output(string name, int type = Float) => Field(12, Value(name, type, null));

    internal OnnxFile Node(string name, string kind, string inputs, string outputs, params byte[][] attributes) =>
        Node(name, "", kind, inputs, outputs, attributes);

    internal OnnxFile Node(string name, string domain, string kind, string inputs, string outputs,
        params byte[][] attributes) => Field(1, Message(output =>
    {
        foreach (string input in inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries)) Text(output, 1, input);
        foreach (string item in outputs.Split(' ')) Text(output, 2, item);
        Text(output, 3, name);
        Text(output, 4, kind);
        Text(output, 7, domain);
        foreach (byte[] attribute in attributes) Inner(output, 5, attribute);
    }));

    internal OnnxFile Weights(string name, float[] values, params long[] sizes) =>
        Field(5, TensorOf(name, values, sizes));

    /// <summary>Weights in another file.</summary>
    internal OnnxFile WeightsElsewhere(string name, long[] sizes, string location, string? offset = null,
        string? length = null) => Field(5, Message(output =>
    {
        foreach (long size in sizes) Number(output, 1, size);
        Number(output, 2, Float);
        Text(output, 8, name);
        Number(output, 14, 1);
        foreach ((string key, string? value) in new[] { ("location", location), ("offset", offset),
            ("length", length) })
        {
            if (value is null) continue;
            Inner(output, 13, Message(entry =>
            {
                Text(entry, 1, key);
                Text(entry, 2, value);
            }));
        }
    }));

    internal static byte[] Attribute(string name, long value) => Message(output =>
    {
        Text(output, 1, name);
        Number(output, 3, value);
        Number(output, 20, Whole);
    });

    internal static byte[] Attribute(string name, params long[] values) => Message(output =>
    {
        Text(output, 1, name);
        foreach (long value in values) Number(output, 8, value);
        Number(output, 20, Wholes);
    });

    internal static byte[] Attribute(string name, float[] values, params long[] sizes) => Message(output =>
    {
        Text(output, 1, name);
        Inner(output, 5, TensorOf("", values, sizes));
        Number(output, 20, Tensor);
    });

    internal static byte[] Attribute(string name, OnnxFile graph) => Message(output =>
    {
        Text(output, 1, name);
        Inner(output, 6, graph.ToGraph());
        Number(output, 20, Graph);
    });

    internal byte[] ToModel(int opset = 13) => Message(output =>
    {
        Number(output, 1, 8);
        Inner(output, 7, ToGraph());
        Inner(output, 8, Message(set =>
        {
            Text(set, 1, "");
            Number(set, 2, opset);
        }));
        Inner(output, 8, Message(set =>
        {
            Text(set, 1, "own");
            Number(set, 2, 1);
        }));
    });

    private byte[] ToGraph() => Message(output =>
    {
        Text(output, 2, "graph");
        output.Flush();
    }, [.. _fields]);

    private OnnxFile Field(int number, byte[] content)
    {
        _fields.Add(Message(output => Inner(output, number, content)));
        return this;
    }

    private static byte[] Value(string name, int type, long[]? sizes) => Message(output =>
    {
        Text(output, 1, name);
        Inner(output, 2, Message(kind => Inner(kind, 1, Message(tensor =>
        {
            Number(tensor, 1, type);
            if (sizes is not { Length: > 0 }) return;
            Inner(tensor, 2, Message(shape =>
            {
                foreach (long size in sizes)
                {
                    Inner(shape, 1, Message(dimension =>
                    {
                        if (size > 0) Number(dimension, 1, size);
                        else Text(dimension, 2, "any");
                    }));
                }
            }));
        }))));
    });

    private static byte[] TensorOf(string name, float[] values, long[] sizes) => Message(output =>
    {
        foreach (long size in sizes) Number(output, 1, size);
        Number(output, 2, Float);
        Text(output, 8, name);
        Inner(output, 9, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    });

    private static byte[] Message(Action<CodedOutputStream> write, params byte[][] rest)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true)) write(output);
        foreach (byte[] part in rest) bytes.Write(part);
        return bytes.ToArray();
    }

    private static void Text(CodedOutputStream output, int number, string text)
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteString(text);
    }

    private static void Inner(CodedOutputStream output, int number, byte[] content)
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(content));
    }

    private static void Number(CodedOutputStream output, int number, long value)
    {
        output.WriteTag(number, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    }
}

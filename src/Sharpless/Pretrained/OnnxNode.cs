namespace Sharpless.Pretrained;

/// <summary>A node of an ONNX graph.</summary>
/// <param name="Name">Its name; may be empty.</param>
/// <param name="Operator">What it computes.</param>
/// <param name="Inputs">Values that it reads, also those that graphs inside it read.</param>
/// <param name="Outputs">Values that it gives.</param>
/// <param name="Field">Where it is.</param>
internal sealed record OnnxNode(
    string Name, string Operator, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, ProtobufField Field);

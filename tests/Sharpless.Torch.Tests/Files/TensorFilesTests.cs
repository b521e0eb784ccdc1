using Sharpless.Torch.Files;

namespace Sharpless.Torch.Tests.Files;

public sealed class TensorFilesTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");

    [Fact]
    public void Tensors_of_every_type_survive_a_safetensors_file()
    {
        using var scope = NewDisposeScope();
        Tensor numbers = Tensor.From([1.5f, -2, 0, 300]);
        List<(string, Tensor)> written = [.. Golden.Types.Select(type => (type.ToString(), numbers.To(type)))];
        TensorFiles.WriteSafetensors(_path, written, new Dictionary<string, string> { ["note"] = "ours" });
        using ArrayFile file = ArrayFile.Open(_path);
        Assert.Equal("ours", file.Metadata["note"]);
        foreach ((string name, Tensor tensor) in written)
        {
            Tensor read = file[name].ToTensor();
            Assert.Equal(tensor.dtype, read.dtype);
            Assert.Equal(tensor.To(ScalarType.Float64).ToArray<double>(), read.To(ScalarType.Float64).ToArray<double>());
        }
    }

    [Fact]
    public void A_channels_last_tensor_is_written_in_the_order_of_its_dimensions()
    {
        using var scope = NewDisposeScope();
        Tensor weights = arange(0, 24, ScalarType.Float32).reshape(2, 3, 2, 2);
        TensorFiles.WriteSafetensors(_path, [("last", weights.Contiguous(memory_format.channels_last)), ("plain", weights), ("number", full([], 7, ScalarType.Float32))]);
        using ArrayFile file = ArrayFile.Open(_path);
        Assert.Equal(weights.ToArray<float>(), file["last"].ToTensor().ToArray<float>());
        Assert.Equal(file["plain"].ToArray(), file["last"].ToArray());
        Assert.Equal(7, file["number"].ToTensor().Item());
        Assert.Empty(file["number"].Shape);
    }

    [Fact]
    public void More_dimensions_than_a_tensor_can_have_are_refused()
    {
        using var scope = NewDisposeScope();
        string shape = string.Join(",", Enumerable.Repeat("1", 20));
        using ArrayFile file = RawFiles.Open(RawFiles.Safetensors("{\"a\":{\"dtype\":\"U8\",\"shape\":[" + shape + "],\"data_offsets\":[0,1]}}", [5]));
        Assert.Contains("20 dimensions", Assert.Throws<InvalidDataException>(() => file[0].ToTensor()).Message, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_path);
}

using Sharpless.Pruning;
using Sharpless.Tests.Data;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Training;

namespace Sharpless.Tests.Pruning;

public sealed class PackedWeightsTests : IDisposable
{
    private const string Key = "sharpless.packed";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Weights_that_numpy_packed_are_those_it_did_not_pack()
    {
        using var scope = NewDisposeScope();
        StoredWeights plain = WeightFile.Load(GoldenFiles.PathOf("packed", "plain.safetensors")), packed = WeightFile.Load(GoldenFiles.PathOf("packed", "packed.safetensors"));
        Assert.Equal(2, packed.Live.Count);
        AssertSame(plain, packed);
        Assert.Equal(["z.weight", "bias", "a.weight", "counter"], packed.Tensors.Keys);
        Assert.Equal(plain.Tensors.Keys, WeightFile.Read(GoldenFiles.PathOf("packed", "packed.safetensors")).Keys);
        Assert.Equal(["a.weight", "z.weight"], WeightFile.ReadMask(GoldenFiles.PathOf("packed", "packed.safetensors")).Keys.Order());
        Assert.Equal(5, WeightFile.Shapes(GoldenFiles.PathOf("packed", "packed.safetensors")).Outputs("z", 99));
    }

    [Fact]
    public void What_is_packed_here_is_what_numpy_packs()
    {
        using var scope = NewDisposeScope();
        string path = _folder.File("again.safetensors");
        PackedWeights.Write(path, WeightFile.Load(GoldenFiles.PathOf("packed", "plain.safetensors")));
        using ArrayFile expected = ArrayFile.Open(GoldenFiles.PathOf("packed", "packed.safetensors")), actual = ArrayFile.Open(path);
        Assert.Equal(expected.Select(array => array.Name), actual.Select(array => array.Name));
        Assert.All(expected.Zip(actual), pair =>
        {
            Assert.Equal((pair.First.Type, string.Join(' ', pair.First.Shape)), (pair.Second.Type, string.Join(' ', pair.Second.Shape)));
            Assert.Equal(pair.First.ToArray(), pair.Second.ToArray());
        });
        Assert.Equal(expected.Metadata[Key].Replace(" ", "", StringComparison.Ordinal), actual.Metadata[Key]);
    }

    [Theory, InlineData(ScalarType.Float32), InlineData(ScalarType.BFloat16), InlineData(ScalarType.Float16), InlineData(ScalarType.Float64), InlineData(ScalarType.Int8), InlineData(ScalarType.Int64)]
    public void Any_type_and_any_count_come_back_with_their_mask(ScalarType type)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> tensors = [], live = [];
        for (int count = 1; count <= 33; count++)
        {
            tensors[$"{count}"] = arange(1, count + 1).To(type);
            live[$"{count}"] = Tensor.From([.. Enumerable.Range(0, count).Select(i => i * count % 5 < 2)]);
            tensors[$"{count}"].masked_fill_(live[$"{count}"].logical_not(), 0);
        }

        tensors["none live"] = zeros([4, 5], type);
        live["none live"] = zeros([4, 5], ScalarType.Bool);
        tensors["all live"] = zeros([4, 5], type);                        // zeros, and live all the same
        live["all live"] = full([4, 5], 1, ScalarType.Bool);
        tensors["a number"] = full([], 3, type);
        live["a number"] = full([], 1, ScalarType.Bool);
        var weights = new StoredWeights(tensors, live, new Dictionary<string, string> { ["note"] = "kept \"as it is\"\n" });
        AssertSame(weights, RoundTrip(weights));
    }

    [Fact]
    public void A_tensor_whose_channels_lie_last_is_packed_row_major()
    {
        using var scope = NewDisposeScope();
        Tensor weight = arange(1, 241).To(ScalarType.Float32).reshape(4, 5, 3, 4).Contiguous(memory_format.channels_last);
        Tensor live = full([4, 5, 3, 4], 1, ScalarType.Bool);
        live.select(1, 2).fill_(0);
        weight.masked_fill_(live.logical_not(), 0);
        var weights = new StoredWeights(
            new Dictionary<string, Tensor> { ["w"] = weight }, new Dictionary<string, Tensor> { ["w"] = live.Contiguous(memory_format.channels_last) }, new Dictionary<string, string>());
        AssertSame(weights, RoundTrip(weights));
    }

    [Fact]
    public void Ninety_percent_zeros_take_an_eighth_of_the_file()
    {
        using var scope = NewDisposeScope();
        const int Count = 100_000;
        Tensor live = Tensor.From([.. Enumerable.Range(0, Count).Select(i => i % 10 == 3)]);
        Tensor weight = full([Count], 1.5, ScalarType.Float32);
        weight.masked_fill_(live.logical_not(), 0);
        PackedWeights.Write(_folder.File("p"), new StoredWeights(Named(weight), Named(live), new Dictionary<string, string>()));
        // One bit for each, four bytes for each tenth, and the header.
        Assert.InRange(new FileInfo(_folder.File("p")).Length, (Count / 8) + (4 * Count / 10), (Count / 8) + (4 * Count / 10) + 400);
    }

    [Theory, InlineData(0.3), InlineData(-0.0)]
    public void A_pruned_weight_that_is_not_plain_zero_is_refused_by_name(double value)
    {
        using var scope = NewDisposeScope();
        string text = Refusal(Named(Tensor.From([1f, (float)value])), Named(Tensor.From([true, false])));
        Assert.Contains("'w' has a pruned weight that is not 0", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Masks_and_names_that_do_not_fit_are_refused_before_a_file_appears()
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> weight = Named(zeros([2, 3])), mask = Named(zeros([2, 3], ScalarType.Bool));
        Assert.Contains("'other', which is none", Refusal(weight, new Dictionary<string, Tensor> { ["other"] = mask["w"] }), StringComparison.Ordinal);
        Assert.Contains("expected Bool [2, 3]", Refusal(weight, Named(zeros([3, 2], ScalarType.Bool))), StringComparison.Ordinal);
        Assert.Contains("expected Bool [2, 3]", Refusal(weight, Named(zeros([2, 3]))), StringComparison.Ordinal);
        weight["w.live_bits"] = zeros([1]);
        Assert.Contains("'w.live_bits' is a tensor of its own", Refusal(weight, mask), StringComparison.Ordinal);
        Assert.Empty(_folder.Content());
    }

    [Theory]
    [InlineData("""{"format":2,"shapes":{"w":[9]}}""", "the format is not 1")]
    [InlineData("""{"format":"1","shapes":{"w":[9]}}""", "the format is not 1")]
    [InlineData("""{"format":1}""", "\"shapes\":{\"NAME\":[...]}")]
    [InlineData("""{"format":1,"shapes":[9]}""", "\"shapes\":{\"NAME\":[...]}")]
    [InlineData("""{"format":1,"shapes":{"w":9}}""", "\"shapes\":{\"NAME\":[...]}")]
    [InlineData("""{"format":1,"shapes":{"w":[9.5]}}""", "\"shapes\":{\"NAME\":[...]}")]
    [InlineData("""{"format":1,"shapes":{"w":[9],"w":[9]}}""", "has two shapes")]
    [InlineData("""[""", "\"shapes\":{\"NAME\":[...]}")]
    [InlineData("""{"format":1,"shapes":{"w":[-9]}}""", "lengths of 1 or more")]
    [InlineData("""{"format":1,"shapes":{"w":[9,0]}}""", "lengths of 1 or more")]
    [InlineData("""{"format":1,"shapes":{"w":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,9]}}""", "at most 16 lengths")]
    [InlineData("""{"format":1,"shapes":{"w":[4294967296,4294967296]}}""", "fewer than 2^63 weights")]
    [InlineData("""{"format":1,"shapes":{"w":[9223372036854775807]}}""", "expected UInt8 [1152921504606846976]")]
    [InlineData("""{"format":1,"shapes":{"w":[8]}}""", "expected UInt8 [1] for 8 weights")]
    [InlineData("""{"format":1,"shapes":{"v":[9]}}""", "'v' has no part 'v.live_bits'")]
    [InlineData("""{"format":1,"shapes":{"w":[9],"plain":[1]}}""", "'plain' is there twice")]
    public void An_index_that_lies_is_refused_in_one_line(string index, string expected) =>
        Assert.Contains(expected, ReadRefusal([1, 1], 2, index), StringComparison.Ordinal);

    [Theory]
    [InlineData(new byte[] { 255, 1 }, 2, "2 values; expected 9")]
    [InlineData(new byte[] { 1, 0 }, 2, "2 values; expected 1")]
    [InlineData(new byte[] { 1, 3 }, 3, "bits that are set beyond the last weight")]
    [InlineData(new byte[] { 1, 129 }, 3, "bits that are set beyond the last weight")]
    [InlineData(new byte[] { 3 }, 2, "expected UInt8 [2] for 9 weights")]
    [InlineData(new byte[] { 3, 0, 0 }, 2, "expected UInt8 [2] for 9 weights")]
    [InlineData(new byte[] { 255, 1 }, 10, "at most 9")]
    public void Bits_and_values_that_do_not_agree_are_refused_in_one_line(byte[] bits, int values, string expected) =>
        Assert.Contains(expected, ReadRefusal(bits, values, """{"format":1,"shapes":{"w":[3,3]}}"""), StringComparison.Ordinal);

    [Fact]
    public void A_tensor_beyond_the_memory_limit_is_refused_before_it_is_made()
    {
        // Eight pruned doubles for every byte of the file.
        const int Bytes = 1000;
        Write(new byte[Bytes], 0, $"{{\"format\":1,\"shapes\":{{\"w\":[{8 * Bytes}]}}}}");
        using ArrayFile file = ArrayFile.Open(_folder.File("hostile"));
        var error = Assert.Throws<InvalidDataException>(() => PackedWeights.Read(file, new ArrayFileOptions { MemoryLimit = 4 * 8 * Bytes - 1 }));
        Assert.Contains("8000 weights of Float32; expected at most 7999", error.Message, StringComparison.Ordinal);
        using var scope = NewDisposeScope();
        Assert.Equal(8 * Bytes, PackedWeights.Read(file, new ArrayFileOptions { MemoryLimit = 4 * 8 * Bytes }).Tensors["w"].NumberOfElements);
    }

    [Fact]
    public void Every_truncation_and_thousands_of_flipped_bits_are_read_or_refused_in_one_line()
    {
        byte[] whole = File.ReadAllBytes(GoldenFiles.PathOf("packed", "packed.safetensors"));
        string path = _folder.File("mutated.safetensors");
        for (int length = 0; length < whole.Length; length++) Assert.False(IsRead(whole[..length]), $"{length} of {whole.Length} bytes were taken for the whole");
        var random = new Random(20_260);
        int read = 0, refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            byte[] bytes = [.. whole];
            for (int flips = random.Next(1, 4); flips > 0; flips--) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            if (IsRead(bytes)) read++;
            else refused++;
        }

        Assert.InRange(read, 100, 2900);                                          // both ways were gone, or the mutations test nothing
        Assert.InRange(refused, 100, 2900);

        bool IsRead(byte[] bytes)
        {
            using var scope = NewDisposeScope();
            File.WriteAllBytes(path, bytes);
            try
            {
                WeightFile.Load(path);
                return true;
            }
            catch (InvalidDataException error)
            {
                Assert.DoesNotContain('\n', error.Message);
                return false;
            }
        }
    }

    private static Dictionary<string, Tensor> Named(Tensor tensor) => new() { ["w"] = tensor };

    private StoredWeights RoundTrip(StoredWeights weights)
    {
        PackedWeights.Write(_folder.File("packed.safetensors"), weights);
        return WeightFile.Load(_folder.File("packed.safetensors"));
    }

    private string Refusal(Dictionary<string, Tensor> tensors, Dictionary<string, Tensor> live) =>
        Assert.Throws<ArgumentException>(() => PackedWeights.Write(_folder.File("refused"), new StoredWeights(tensors, live, new Dictionary<string, string>()))).Message;

    private void Write(byte[] bits, int values, string index)
    {
        using var scope = NewDisposeScope();
        TensorFiles.WriteSafetensors(
            _folder.File("hostile"),
            [("w.live_bits", Tensor.From(bits)), ("w.live_values", zeros([values])), ("plain", zeros([1]))],
            new Dictionary<string, string> { [Key] = index });
    }

    private string ReadRefusal(byte[] bits, int values, string index)
    {
        Write(bits, values, index);
        string message = Assert.Throws<InvalidDataException>(() => WeightFile.Load(_folder.File("hostile"))).Message;
        Assert.DoesNotContain('\n', message);
        Assert.Contains(_folder.File("hostile"), message, StringComparison.Ordinal);
        return message;
    }

    private static void AssertSame(StoredWeights expected, StoredWeights actual)
    {
        Assert.Equal(expected.Tensors.Keys, actual.Tensors.Keys);                 // in this order
        Assert.Equal(expected.Live.Keys.Order(), actual.Live.Keys.Order());
        Assert.Equal(expected.Metadata.OrderBy(item => item.Key), actual.Metadata.OrderBy(item => item.Key));
        foreach (string name in expected.Tensors.Keys) AssertSameBits(expected.Tensors[name], actual.Tensors[name]);
        foreach (string name in expected.Live.Keys) AssertSameBits(expected.Live[name], actual.Live[name]);
    }

    private static void AssertSameBits(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.ToString(), actual.ToString());
        Assert.Equal(Bits(expected), Bits(actual));

        static byte[] Bits(Tensor tensor)
        {
            using var stream = new MemoryStream();
            TensorFiles.Entry("", tensor).WriteData(stream);
            return stream.ToArray();
        }
    }
}

using Sharpless.Torch.Files;

namespace Sharpless.Torch.Tests.Files;

/// <summary>Mutated files: only <see cref="InvalidDataException"/> may come out, and memory stays in proportion to the file.</summary>
public class FuzzTests
{
    private const int Seed = 20_260;
    private const int Inputs = 100_000;

    // What a lie in a file could make large.
    private static readonly long[] Interesting = [0, 1, 2, 7, 8, 63, 64, 127, 128, 255, 256, 32767, 65535, 65536, int.MaxValue, uint.MaxValue, 1L << 32, 1L << 62, long.MaxValue, -1];
    private static readonly string[] Tokens =
        ["9223372036854775807", "-1", "0", "[", "]", "{", "}", "(", ")", ",", ":", "\"", "'", "\\u0000", "|O", "F64", "BOOL", "shape", "descr", "True", "PK\x01\x02", "PK\x05\x06", "4294967296"];

    private static readonly byte[] SmallArray = RawFiles.Npy(">i4", "(3, 2)", new byte[24]);
    private static readonly byte[] FortranArray = RawFiles.Npy("{'descr': '<f2', 'fortran_order': True, 'shape': (2, 3, 2), }\n", new byte[24], major: 3);

    private static readonly string SafetensorsHeader =
        """{"__metadata__":{"format":"pt"},"b":{"dtype":"BOOL","shape":[5],"data_offsets":[24,29]},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}""";

    public static TheoryData<string> Formats() => ["npy", "npz", "npz64", "safetensors", "idx", "idx.gz"];

    private static byte[][] Corpus(string format) => format switch
    {
        "npy" => [SmallArray, FortranArray],
        "npz" => [RawZip.Write(new RawMember("a.npy", SmallArray), new RawMember("b.npy", FortranArray) { Deflated = true })],
        "npz64" => [RawZip.Write([new RawMember("a.npy", SmallArray) { Zip64 = true }, new RawMember("b.npy", SmallArray) { Deflated = true, DataDescriptor = true }], zip64End: true, comment: "c")],
        "safetensors" => [RawFiles.Safetensors(SafetensorsHeader.PadRight(152), new byte[29])],
        "idx" => [[0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 4, .. new byte[12]]],
        _ => [Gzip([0, 0, 8, 1, 0, 0, 0, 100, .. new byte[100]])],
    };

    private static byte[] Gzip(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var stream = new System.IO.Compression.GZipStream(compressed, System.IO.Compression.CompressionLevel.Optimal)) stream.Write(bytes);
        return compressed.ToArray();
    }

    [Theory, MemberData(nameof(Formats))]
    public void Mutated_files_are_read_or_refused_and_nothing_else(string format)
    {
        byte[][] corpus = Corpus(format);
        var random = new Random(Seed);
        int read = 0, refused = 0;
        for (int i = 0; i < Inputs; i++)
        {
            byte[] input = Mutate(corpus[i % corpus.Length], random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                ReadAll(input, format);
                read++;
            }
            catch (InvalidDataException e)
            {
                refused++;
                if (e.Message.Contains('\n', StringComparison.Ordinal) || !e.Message.StartsWith("fuzz.", StringComparison.Ordinal))
                    Assert.Fail($"Not one line about the file, seed {Seed}, input {i}: {e.Message}");
            }
            catch (Exception e)
            {
                Assert.Fail($"{format}, seed {Seed}, input {i}, {Convert.ToHexString(input)}: {e}");
            }
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated > RawFiles.Megabyte) Assert.Fail($"{format}, seed {Seed}, input {i} of {input.Length} bytes took {allocated} bytes: {Convert.ToHexString(input)}");
        }
        // Both ways must have been gone, or the mutations test nothing.
        Assert.InRange(read, Inputs / 1000, Inputs);
        Assert.InRange(refused, Inputs / 10, Inputs);
    }

    private static void ReadAll(byte[] input, string format)
    {
        var options = new ArrayFileOptions { MemoryLimit = RawFiles.Megabyte / 2 };
        if (format.StartsWith("idx", StringComparison.Ordinal))
        {
            IdxFile.Read(new MemorySource(input), new FilePlace("fuzz." + format), options);
            return;
        }
        using ArrayFile file = ArrayFile.Open(input, "fuzz." + format, options);
        foreach (StoredArray array in file)
        {
            array.ToArray();
            array.ReadRows(0, array.Rows, new double[array.Count]);
        }
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        var bytes = new List<byte>(seed);
        for (int mutations = random.Next(1, 4); mutations > 0 && bytes.Count > 0; mutations--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(7))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: Overwrite(bytes, at, BitConverter.GetBytes(Interesting[random.Next(Interesting.Length)])[..(1 << random.Next(4))]); break;
                case 3: Overwrite(bytes, at, [.. Tokens[random.Next(Tokens.Length)].Select(c => (byte)c)]); break;
                case 4: bytes.InsertRange(at, Tokens[random.Next(Tokens.Length)].Select(c => (byte)c)); break;
                case 5: bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 << random.Next(7))); break;
                default: bytes.InsertRange(at, bytes.GetRange(random.Next(at + 1), Math.Min(bytes.Count - at, 1 << random.Next(7)))); break;
            }
        }
        return [.. bytes];
    }

    private static void Overwrite(List<byte> bytes, int at, byte[] with)
    {
        for (int i = 0; i < with.Length && at + i < bytes.Count; i++) bytes[at + i] = with[i];
    }
}

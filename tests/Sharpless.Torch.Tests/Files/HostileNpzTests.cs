using Sharpless.Torch.Files;
using static Sharpless.Torch.Tests.Files.RawFiles;

namespace Sharpless.Torch.Tests.Files;

public class HostileNpzTests
{
    private static readonly byte[] Array6 = Npy("<f4", "(6,)", [.. Enumerable.Range(0, 24).Select(i => (byte)i)]);

    public static TheoryData<bool> StoredAndDeflated() => [false, true];

    private static RawMember Member(bool deflated, string name = "a.npy") => new(name, Array6) { Deflated = deflated };

    [Theory, MemberData(nameof(StoredAndDeflated))]
    public void Every_cut_is_refused(bool deflated)
    {
        byte[] valid = RawZip.Write(Member(deflated), Member(!deflated, "b.npy"));
        using (ArrayFile file = Open(valid)) Assert.Equal(Array6[^24..], file["b"].ToArray());
        for (int length = 0; length < valid.Length; length++)
            Assert.Throws<InvalidDataException>(() => Open(valid[..length], "attack.npz"));
        AssertRefused([.. valid, 0], "without its directory");
    }

    [Theory, MemberData(nameof(StoredAndDeflated))]
    public void Zip64_data_descriptors_and_comments_are_read(bool deflated)
    {
        byte[] bytes = RawZip.Write([Member(deflated) with { Zip64 = true }, Member(deflated, "b.npy") with { DataDescriptor = true }], zip64End: true, comment: "made by hand");
        using ArrayFile file = Open(bytes);
        Assert.Equal(Array6[^24..], file["a"].ToArray());
        Assert.Equal(Array6[^24..], file["b"].ToArray());
    }

    [Theory, MemberData(nameof(StoredAndDeflated))]
    public void A_wrong_crc_is_refused_before_a_single_element_is_handed_out(bool deflated)
    {
        byte[] bytes = RawZip.Write(Member(deflated) with { Crc = 1 });
        AssertRefused(bytes, "CRC-32", "'a.npy'");
        using ArrayFile file = Open(bytes);
        Assert.Throws<InvalidDataException>(() => file[0].ReadPanel(0, 1, 0, 1, new double[1]));
    }

    [Fact]
    public void Two_members_of_one_name_are_refused() => AssertRefused(RawZip.Write(Member(false), Member(true)), "two members named 'a.npy'");

    [Theory]
    [InlineData(1)]
    [InlineData(1 << 6)]
    [InlineData(1 << 13)]
    public void An_encrypted_member_is_refused(ushort flags) => AssertRefused(RawZip.Write(Member(false) with { Flags = flags }), "encrypted");

    [Theory]
    [InlineData(9)]
    [InlineData(12)]
    [InlineData(93)]
    [InlineData(99)]
    public void Compression_other_than_deflate_is_refused(ushort method) => AssertRefused(RawZip.Write(Member(false) with { Method = method }), $"method {method}");

    [Fact]
    public void A_bomb_behind_a_small_array_is_not_unpacked()
    {
        byte[] bomb = new byte[64 << 20];
        Array6.CopyTo(bomb, 0);
        AssertRefused(RawZip.Write(new RawMember("a.npy", bomb) { Deflated = true, Length = Array6.Length }), "more bytes");
        AssertRefusedBelow(1L << 40, RawZip.Write(new RawMember("a.npy", bomb) { Deflated = true }), "expected 24");
    }

    [Fact]
    public void A_bomb_that_tells_its_size_is_refused_by_the_memory_limit()
    {
        byte[] bomb = Npy("<f4", "(16777216,)", new byte[64 << 20]);
        byte[] bytes = RawZip.Write(new RawMember("a.npy", bomb) { Deflated = true });
        Assert.InRange(bytes.Length, 0, 100_000);
        AssertRefused(bytes, "the memory limit", $"a member of {bomb.Length} bytes");
    }

    [Fact]
    public void A_stored_member_beyond_the_memory_limit_is_refused() =>
        AssertRefusedBelow(Array6.Length - 1, RawZip.Write(Member(false)), "the memory limit");

    [Fact]
    public void A_size_that_deflate_cannot_reach_is_refused() =>
        AssertRefusedBelow(1L << 50, RawZip.Write(new RawMember("a.npy", Npy("|u1", "(1000000000000,)", [])) { Deflated = true, Zip64 = true, Length = 1_000_000_000_128 }), "at most 1032 times");

    [Fact]
    public void A_member_larger_than_its_array_is_refused() => AssertRefused(RawZip.Write(new RawMember("a.npy", [.. Array6, 0])), "25 bytes of elements");

    [Fact]
    public void A_member_smaller_than_its_array_is_refused() => AssertRefused(RawZip.Write(new RawMember("a.npy", Array6[..^1]) { Deflated = true }), "23 bytes of elements");

    [Fact]
    public void A_deflated_member_that_ends_early_is_refused() =>
        AssertRefused(RawZip.Write(new RawMember("a.npy", Array6[..^1]) { Deflated = true, Length = Array6.Length }), "only");

    [Fact]
    public void Data_that_are_not_deflate_are_refused() =>
        AssertRefused(RawZip.Write(new RawMember("a.npy", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]) { Method = 8, Length = 152 }), "not deflate");

    [Fact]
    public void Members_that_share_their_bytes_are_refused() =>
        AssertRefused(RawZip.Write(new RawMember("a.npy", Array6), new RawMember("a.npy", Array6) { HeaderOffset = 0 }), "two members");

    [Fact]
    public void A_member_inside_another_one_is_refused()
    {
        // The data of the outer member begin with a whole local header of the inner one.
        byte[] inner = RawZip.Write(new RawMember("b.npy", Array6));
        int innerLength = 30 + 5 + Array6.Length;
        var outer = new RawMember("a.npy", inner[..innerLength]);
        var overlapping = new RawMember("b.npy", Array6) { HeaderOffset = 30 + 5 };
        AssertRefused(RawZip.Write(outer, overlapping), "inside another one");
    }

    [Theory]
    [InlineData(200)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MaxValue / 2)]
    public void A_member_outside_the_archive_is_refused(long offset) => AssertRefused(RawZip.Write(Member(false) with { HeaderOffset = offset, Zip64 = true }));

    [Theory]
    [InlineData(long.MaxValue / 2)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    [InlineData(153)]
    public void A_stored_size_beyond_the_archive_is_refused(long length) =>
        AssertRefusedBelow(long.MaxValue, RawZip.Write(Member(false) with { Length = length, CompressedLength = length, Zip64 = true }));

    [Fact]
    public void A_stored_member_of_two_sizes_is_refused() => AssertRefused(RawZip.Write(Member(false) with { Length = 1 }), "a stored member");

    [Fact]
    public void A_local_header_with_another_name_is_refused() => AssertRefused(RawZip.Write(Member(false) with { LocalName = "b.npy" }), "another name");

    [Fact]
    public void A_local_header_with_another_method_is_refused() => AssertRefused(RawZip.Write(Member(false) with { LocalMethod = 8 }), "contradicts");

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(65534)]
    public void A_directory_that_miscounts_is_refused(int count) => AssertRefused(RawZip.Write([Member(false)], zip64End: false, count: count));

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public void A_zip64_directory_that_miscounts_is_refused_before_allocation(int count) => AssertRefused(RawZip.Write([Member(false)], zip64End: true, count: count));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_000_000)]
    public void A_directory_elsewhere_is_refused(long offset)
    {
        AssertRefused(RawZip.Write([Member(false)], zip64End: false, directoryOffset: offset));
        AssertRefused(RawZip.Write([Member(false)], zip64End: true, directoryOffset: offset));
    }

    [Fact]
    public void An_archive_behind_other_data_is_refused() => AssertRefused([.. "PK\x03\x04"u8, .. new byte[100], .. RawZip.Write(Member(false))]);

    [Fact]
    public void One_part_of_a_split_archive_is_refused()
    {
        byte[] bytes = RawZip.Write(Member(false));
        bytes[^18] = 1;
        AssertRefused(bytes, "split");
    }

    [Theory]
    [InlineData("readme.txt")]
    [InlineData("a.NPY ")]
    public void A_member_that_is_not_an_array_is_refused(string name)
    {
        AssertRefused(RawZip.Write(Member(false), Member(false, name)), "not an array");
        AssertRefused(RawZip.Write(Member(false, name)), "not an array");
    }

    [Fact]
    public void Folders_in_an_archive_are_no_members_of_it()
    {
        using ArrayFile file = Open(RawZip.Write(new RawMember("folder/", []), Member(false, "folder/a.npy")));
        Assert.Equal("folder/a", Assert.Single(file).Name);
        AssertRefused(RawZip.Write(new RawMember("folder/", [])), "not an array");
    }

    [Fact]
    public void Two_members_that_give_one_name_are_refused() =>
        AssertRefused(RawZip.Write(Member(false), Member(false, "a")), "two members for the name 'a'");

    [Fact]
    public void An_archive_inside_an_archive_is_refused()
    {
        byte[] inner = RawZip.Write(Member(true));
        AssertRefused(RawZip.Write(new RawMember("a.npz", inner)), "not an array");
        AssertRefused(RawZip.Write(new RawMember("a.npy", inner)), "not an array");
    }

    [Theory]
    [InlineData("archive/data.pkl")]
    [InlineData("DATA.PKL")]
    public void A_pytorch_checkpoint_is_refused_by_name(string name) =>
        AssertRefused(RawZip.Write(new RawMember(name, [0x80, 2]), new RawMember("archive/version", "3\n"u8.ToArray())), "PyTorch checkpoint", "never executed", "save_file");

    [Fact]
    public void A_pickled_array_inside_is_refused_by_name() =>
        AssertRefused(RawZip.Write(Member(false), new RawMember("b.npy", Npy("|O", "(1,)", [0x80, 4])) { Deflated = true }), "'b.npy'", "pickle");

    [Fact]
    public void A_name_that_is_not_utf8_is_refused()
    {
        byte[] bytes = RawZip.Write(Member(false, "??.npy"));
        for (int i = 0; i < bytes.Length; i++) if (bytes[i] == '?') bytes[i] = 0xff;
        AssertRefused(bytes, "FFFF");
    }

    [Fact]
    public void Names_that_climb_out_of_a_folder_are_only_names()
    {
        using ArrayFile file = Open(RawZip.Write(Member(false, "../../a.npy")));
        Assert.Equal("../../a", file[0].Name);
    }

    [Fact]
    public void Decompressed_members_together_stay_within_the_memory_limit()
    {
        const int length = 1 << 20, members = 8;
        byte[][] contents = [.. Enumerable.Range(0, members).Select(m => Npy("|u1", $"({length},)", [.. Enumerable.Repeat((byte)m, length)]))];
        byte[] bytes = RawZip.Write([.. contents.Select((c, m) => new RawMember($"{m}.npy", c) { Deflated = true })]);
        using ArrayFile file = Open(bytes, memoryLimit: 2 * length + 1000);

        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int round = 0; round < 2; round++)
            foreach (StoredArray array in file)
            {
                double[] last = new double[1];
                array.ReadPanel(length - 1, 1, 0, 1, last);
                Assert.Equal(int.Parse(array.Name, null), last[0]);
            }
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, 0, 3 * length);
    }
}

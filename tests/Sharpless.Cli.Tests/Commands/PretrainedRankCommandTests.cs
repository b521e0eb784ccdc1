using System.Text.Json;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Tests.Commands;

public sealed class PretrainedRankCommandTests : IDisposable
{
    private static readonly string[] Pictures = ["colour.jpg", "colour.png", "full.jpg", "grey.jpg", "lossy.webp", "noise.jpg"];
    private readonly string _folder = Directory.CreateTempSubdirectory("sharpless-test-").FullName;

    public PretrainedRankCommandTests()
    {
        foreach ((int i, string name) in Pictures.Index())
        {
            string folder = Path.Combine(_folder, "data", "val", $"{i % 2}");
            Directory.CreateDirectory(folder);
            File.Copy(Golden("data", name), Path.Combine(folder, name));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_published_options_give_the_promised_keys()
    {
        (int code, string output, string errors) = Invoke($"--model_path={Golden("pretrained", "hybrid-root.npz")}", "--return_layer=1", "--split=val", "--n_eval_batches=2", "--bs=2", "--json");
        Assert.True(code == 0, errors);
        JsonElement root = JsonDocument.Parse(output).RootElement, model = root.GetProperty("model");
        Assert.Equal(("hybrid", 2, 12, 2, 8, 24), (
            model.GetProperty("kind").GetString(), model.GetProperty("layers").GetInt32(), model.GetProperty("width").GetInt32(),
            model.GetProperty("patch").GetInt32(), model.GetProperty("stride").GetInt32(), model.GetProperty("image_size").GetInt32()));
        Assert.Equal(4, root.GetProperty("examples").GetInt32());
        Assert.Equal(["layer1.preatt", "layer1.att", "layer1.premlp", "layer1.preact", "layer1.gelu", "layer1.mlp", "layer1.res"], root.GetProperty("taps").EnumerateArray().Select(tap => tap.GetProperty("tap").GetString()!));
        Assert.All(root.GetProperty("taps").EnumerateArray(), tap => Assert.InRange(tap.GetProperty("rank").GetProperty("0.99").GetInt32(), 1, 4));
        Assert.Equal([12, 12, 12, 16, 16, 12, 12], root.GetProperty("taps").EnumerateArray().Select(tap => tap.GetProperty("dimensions").GetInt32()));
        Assert.InRange(root.GetProperty("accuracy").GetDouble(), 0, 1);
        Assert.Contains("warning: 4 images are fewer than the 16 features", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_passed_over_stands_in_the_json_and_on_stderr()
    {
        (int code, string output, string errors) = Invoke("--model-path", Golden("pretrained", "deit3.safetensors"), "--heads", "2", "--split", "val", "--taps", "res", "--json");
        Assert.True(code == 0, errors);
        JsonElement root = JsonDocument.Parse(output).RootElement;
        Assert.Equal(["optimizer.state.0.exp_avg"], root.GetProperty("passed_over").EnumerateArray().Select(name => name.GetString()!));
        Assert.Contains("deit3.safetensors, as no part of the encoder: optimizer.state.0.exp_avg.", errors, StringComparison.Ordinal);
        (_, output, errors) = Invoke("--model-path", Golden("pretrained", "clip-timm.safetensors"), "--heads", "2", "--gelu", "quick", "--split", "val", "--taps", "res", "--json");
        Assert.Equal(0, JsonDocument.Parse(output).RootElement.GetProperty("passed_over").GetArrayLength());
        Assert.DoesNotContain("passed over", errors, StringComparison.Ordinal);
        Refused("'norm_pre'", "--model-path", Golden("pretrained", "clip-timm.safetensors"), "--heads", "2", "--split", "val");
    }

    [Fact]
    public void Tokens_of_networks_with_registers_are_averaged_without_them()
    {
        (_, string output, _) = Invoke("--model-path", Golden("pretrained", "reg-gap-timm.safetensors"), "--split", "val", "--taps", "res", "--json");
        JsonElement root = JsonDocument.Parse(output).RootElement;
        Assert.Equal("mean of all tokens but the registers", root.GetProperty("tokens").GetString());
        Assert.Equal((3, 2, 11), (root.GetProperty("model").GetProperty("heads").GetInt32(), root.GetProperty("model").GetProperty("registers").GetInt32(), root.GetProperty("model").GetProperty("tokens").GetInt32()));
    }

    [Fact]
    public void Pictures_that_are_left_out_are_told_and_listed()
    {
        File.Copy(Golden("data", "grey.jpg"), Path.Combine(_folder, "data", "val", "0", "grey.xyz"));
        File.Copy(Golden("data", "grey.jpg"), Path.Combine(_folder, "data", "val", "0", "more.jfif"));
        (int code, string output, string errors) = Invoke("--model-path", Golden("pretrained", "mixer.npz"), "--split", "Validation", "--return-layer", "1", "--json");
        Assert.True(code == 0, errors);
        JsonElement root = JsonDocument.Parse(output).RootElement;
        Assert.Equal(["0/grey.xyz"], root.GetProperty("left_out").EnumerateArray().Select(name => name.GetString()!));
        Assert.Equal(7, root.GetProperty("examples").GetInt32());
        Assert.Contains("1 file is left out", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_checkpoints_are_compared_in_a_report()
    {
        string sam = Path.Combine(_folder, "sam", "vit.npz"), page = Path.Combine(_folder, "out");
        Directory.CreateDirectory(Path.GetDirectoryName(sam)!);
        File.Copy(Golden("pretrained", "vit.npz"), sam);
        (int code, string output, string errors) = Invoke("--model-path", $"{Golden("pretrained", "vit.npz")},{sam},{Golden("pretrained", "mixer.npz")}", "--return-layer", "1,-1", "--split", "val", "--out", page, "--json");
        Assert.True(code == 0, errors);
        JsonElement root = JsonDocument.Parse(output).RootElement;
        Assert.Equal(["vit", "vit", "mixer"], root.GetProperty("checkpoints").EnumerateArray().Select(item => item.GetProperty("model").GetProperty("kind").GetString()!));
        Assert.Equal(["token 0", "token 0", "mean of all tokens"], root.GetProperty("checkpoints").EnumerateArray().Select(item => item.GetProperty("tokens").GetString()!));

        string html = File.ReadAllText(root.GetProperty("report").GetString()!);
        int rank = RankOf(root.GetProperty("checkpoints")[0], "layer3.res");
        Assert.Contains($"vit, output of block 3: rank {rank} with SAM, {rank} without.", html, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">3</th>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<th scope=\"row\">2</th>", html, StringComparison.Ordinal);
        JsonElement data = JsonDocument.Parse(File.ReadAllText(Path.Combine(page, "pretrained-rank.json"))).RootElement;
        Assert.Equal(rank, RankOf(data.GetProperty("checkpoints")[1], "layer3.res"));
        Refused("which is there already", "--model-path", sam, "--out", page);
        (code, _, errors) = TinyRun.Invoke("report", page);
        Assert.Equal(2, code);
        Assert.Contains($"Open {Path.Combine(page, "report.html")}", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_published_name_brings_no_number_that_nobody_can_check()
    {
        string sam = Path.Combine(_folder, "sam", "ViT-B_16.npz"), page = Path.Combine(_folder, "out");
        Directory.CreateDirectory(Path.GetDirectoryName(sam)!);
        File.Copy(Golden("pretrained", "vit.npz"), sam);
        Assert.Equal(0, Invoke("--model-path", sam, "--split", "val", "--taps", "res", "--out", page).Code);
        string html = File.ReadAllText(Path.Combine(page, "report.html"));
        Assert.DoesNotContain("<td>617</td>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("from memory", html, StringComparison.Ordinal);
        Assert.Contains("there is nothing to compare", html, StringComparison.Ordinal);
    }

    [Fact]
    public void As_published_nothing_has_the_rank_of_all_and_one()
    {
        (_, string output, _) = Invoke("--model-path", Golden("pretrained", "mixer.npz"), "--split", "val", "--bs", "3", "--as-published", "--json");
        JsonElement root = JsonDocument.Parse(output).RootElement;
        Assert.Equal(7, RankOf(root, "layer3.premlp"));
        Assert.Equal(RankOf(root, "layer3.res"), RankOf(root, "layer3.att"));
        Assert.Equal("token 0", root.GetProperty("tokens").GetString());
    }

    [Fact]
    public void A_dry_run_needs_no_file_and_names_every_option()
    {
        (int code, string output, string errors) = TinyRun.Invoke("pretrained-rank", "--model-path", "gs://vit_models/sam/ViT-B_16.npz", "--return-layer", "all", "--bs", "64", "--dry-run", "--json");
        Assert.True(code == 0, errors);
        JsonElement options = JsonDocument.Parse(output).RootElement.GetProperty("options");
        Assert.Equal(("all", 64, 10, "train", "squash"), (
            options.GetProperty("return-layer").GetString(), options.GetProperty("bs").GetInt32(), options.GetProperty("n-eval-batches").GetInt32(),
            options.GetProperty("split").GetString(), options.GetProperty("resize").GetString()));
        Assert.Equal(7, options.GetProperty("taps").GetArrayLength());
    }

    [Fact]
    public void A_torchscript_network_is_measured_at_its_output()
    {
        string own = Golden("pretrained", "own.pt");
        (int code, string output, string errors) = Invoke(
            "--torchscript", own, "--image-size", "12", "--split", "val", "--normalization", "imagenet", "--json");
        Assert.True(code == 0, errors);
        JsonElement root = JsonDocument.Parse(output).RootElement, tap = root.GetProperty("taps").EnumerateArray()
            .Single();
        Assert.Equal(("output", 8), (tap.GetProperty("tap").GetString(), tap.GetProperty("dimensions").GetInt32()));
        Assert.Equal("torchscript", root.GetProperty("model").GetProperty("kind").GetString());
        Assert.Equal("all values", root.GetProperty("tokens").GetString());

        (code, output, errors) = Invoke(
            "--torchscript", Golden("pretrained", "own-half.pt"), "--image-size", "12", "--split", "val", "--json");
        Assert.True(code == 0, errors);
        (code, _, errors) = Invoke(
            "--torchscript", Golden("pretrained", "own-cast.pt"), "--image-size", "12", "--split", "val");
        Assert.Contains("RuntimeError: Input type (c10::Half) and", errors, StringComparison.Ordinal);
        Refused(
            "another zip archive; expected a TorchScript file", "--torchscript", Golden("pretrained", "vit.npz"),
            "--split", "val");
        Refused("--return-layer has no effect with --torchscript", "--torchscript", own, "--return-layer", "1");
        Refused("--onnx with --nodes measures any place", "--torchscript", own, "--modules", "stem,blocks.1");
    }

    [Fact]
    public void An_onnx_network_is_measured_at_any_of_its_nodes_and_says_its_own_image_size()
    {
        string own = Golden("pretrained", "own.onnx");
        (int code, string output, string errors) = Invoke("--onnx", own, "--nodes", "/stem/Conv,/blocks/blocks.1/Add,output", "--split", "val", "--normalization", "imagenet", "--avg-tokens", "--json");
        Assert.True(code == 0, errors);
        JsonElement root = JsonDocument.Parse(output).RootElement;
        Assert.Equal("onnx", root.GetProperty("model").GetProperty("kind").GetString());
        Assert.Equal(["/stem/Conv", "/blocks/blocks.1/Add", "output"], root.GetProperty("taps").EnumerateArray().Select(tap => tap.GetProperty("tap").GetString()!));
        // Means of nine positions and of nine tokens of 8, and 8: without its factor of 2 the output is that mean.
        JsonElement[] taps = [.. root.GetProperty("taps").EnumerateArray()];
        Assert.Equal([8, 8, 8], taps.Select(tap => tap.GetProperty("dimensions").GetInt32()));
        double[] total = Array.ConvertAll(taps, tap => tap.GetProperty("total_variance").GetDouble());
        Assert.Equal(4 * total[1], total[2], 1e-4);
        // The same network, the same pictures: the same spectrum as from TorchScript.
        (_, string script, _) = Invoke(
            "--torchscript", Golden("pretrained", "own.pt"), "--image-size", "12", "--split", "val",
            "--normalization", "imagenet", "--json");
        JsonElement same = JsonDocument.Parse(script).RootElement.GetProperty("taps")[0];
        Assert.Equal(same.GetProperty("total_variance").GetDouble(), total[2], 1e-4 * total[2]);
        Assert.Equal(RankOf(JsonDocument.Parse(script).RootElement, "output"), RankOf(root, "output"));

        Refused("no node and no value 'late'", "--onnx", own, "--nodes", "late", "--split", "val");
        Refused("--image-size is 24", "--onnx", own, "--image-size", "24", "--split", "val");
        Refused("--nodes has no effect without --onnx", "--model-path", Golden("pretrained", "vit.npz"), "--nodes", "x");
        Refused("each name a network", "--onnx", own, "--torchscript", Golden("pretrained", "own.pt"));
        Refused("--return-layer has no effect with --onnx", "--onnx", own, "--return-layer", "1");
        Refused("This is no ONNX model", "--onnx", Golden("pretrained", "vit.npz"), "--split", "val");
    }

    [Fact]
    public void Any_name_of_a_node_is_listed_taken_printed_and_stored()
    {
        string odd = Golden("pretrained", "odd.onnx"), features = Path.Combine(_folder, "features.npz");
        (int code, string output, string errors) = TinyRun.Invoke("pretrained-rank", "nodes", odd, "--json");
        Assert.True(code == 0, errors);
        Assert.Equal(
            [("a,b[0]/../c:0", "Conv", "v,1"),
                ("/a/name/that/is/longer/than/half/of/a/console", "Relu",
                "/a/name/that/is/longer/than/half/of/a/console_output_0"), ("", "Relu", "ü [bold]x[/]")],
            JsonDocument.Parse(output).RootElement.GetProperty("nodes").EnumerateArray()
                .Select(node => (node.GetProperty("node").GetString(), node.GetProperty("operator").GetString(),
                    node.GetProperty("value").GetString())));
        Assert.Contains("ü [bold]x[/]", TinyRun.Invoke("pretrained-rank", "nodes", odd).Output,
            StringComparison.Ordinal);

        string[] line =
        [
            "--onnx", odd, "--nodes",
                @"a\,b[0]/../c:0,ü [bold]x[/],/a/name/that/is/longer/than/half/of/a/console,/a/name/that/is/longer/than/half/of/a/console_output_0",
            "--split", "val", "--image-size", "8x12", "--features-out", features,
        ];
        (code, output, errors) = Invoke(line);
        Assert.True(code == 0, errors);
        // Neither rows nor columns for all taps at once fit a console: several tables, in which no name and no number
        // is cut.
        Assert.DoesNotContain("…", output, StringComparison.Ordinal);
        foreach (string name in new[] { "a,b[0]/../c:0", "ü [bold]x[/]",
            "/a/name/that/is/longer/than/half/of/a/console", "/a/name/that/is/longer/than/half/of/a/console_output_0" })
            Assert.Contains($"│ {name} │", output.Replace("  ", " ", StringComparison.Ordinal),
                StringComparison.Ordinal);
        (code, output, errors) = TinyRun.Invoke("rank", "--features", features, "--json");
        Assert.True(code == 0, errors);
        Assert.Equal(
            [("a,b[0]/../c:0", 288), ("ü [bold]x[/]", 288), ("/a/name/that/is/longer/than/half/of/a/console", 288),
                ("/a/name/that/is/longer/than/half/of/a/console_output_0", 288)],
            JsonDocument.Parse(output).RootElement.GetProperty("taps").EnumerateArray()
                .Select(tap => (tap.GetProperty("tap").GetString(), tap.GetProperty("dimensions").GetInt32())));
    }

    [Fact]
    public void Images_are_prepared_as_the_options_say()
    {
        // The network gives its images back, so features are pixels.
        string odd = Golden("pretrained", "odd.onnx"), prepare = Golden("pretrained", "odd-preprocess.onnx");
        float[] plain = Pixels("--normalization", "unit"), bytes = Pixels("--normalization", "bytes");
        Assert.All(plain.Zip(bytes), pair => Assert.Equal(255 * pair.First, pair.Second, 1e-4f));
        float[] scaled = Pixels("--normalization", "0.5,0.25,0/0.5,1,2"),
            blueFirst = Pixels("--normalization", "0.5,0.25,0/0.5,1,2", "--blue-first"),
            caffe = Pixels("--normalization", "caffe");
        float[] prepared = Pixels("--normalization", "bytes", "--preprocess", prepare);
        for (int i = 0; i < plain.Length; i++)
        {
            (int image, int colour, int place) = (i / 48, i % 48 / 16, i % 16);
            Assert.Equal((plain[i] - new[] { 0.5f, 0.25f, 0 }[colour]) / new[] { 0.5f, 1, 2 }[colour], scaled[i],
                1e-6f);
            int mirrored = image * 48 + (2 - colour) * 16 + place;
            Assert.Equal(scaled[i], blueFirst[mirrored]);
            Assert.Equal(bytes[i] - new[] { 123.68f, 116.779f, 103.939f }[colour], caffe[mirrored], 1e-3f);
            Assert.Equal(bytes[i] - new[] { 1, 2, 3 }[colour], prepared[i], 1e-4f);
        }

        Refused("--normalization is '0.5,0.5/1,1'", "--onnx", odd, "--normalization", "0.5,0.5/1,1");
        Refused("--normalization is '0,0,0/1,1,0'", "--onnx", odd, "--normalization", "0,0,0/1,1,0");
        Refused("--normalization is 'other'", "--onnx", odd, "--normalization", "other");
        Refused("--image-size is '8x'", "--onnx", odd, "--image-size", "8x");
        Refused("--image-size is '8x8x8'", "--onnx", odd, "--image-size", "8x8x8");
        Refused("--image-size is 8x8, but", "--onnx", prepare, "--image-size", "8x8", "--split", "val");

        float[] Pixels(params string[] options)
        {
            string file = Path.Combine(_folder, $"{Guid.NewGuid()}.npz");
            (int code, _, string errors) =
                Invoke(["--onnx", odd, "--nodes", @"a\,b[0]/../c:0", "--image-size", "4", "--split", "val",
                "--features-out", file, .. options]);
            Assert.True(code == 0, errors);
            using ArrayFile features = ArrayFile.Open(file);
            using var scope = NewDisposeScope();
            return features[0].ToTensor().ToArray<float>();
        }
    }

    [Fact]
    public void Mistakes_are_refused_with_a_hint()
    {
        string vit = Golden("pretrained", "vit.npz");
        Refused("No checkpoint was named");
        Refused("storage.googleapis.com/vit_models/sam/ViT-B_16.npz", "--model-path", "gs://vit_models/sam/ViT-B_16.npz", "--data-dir", _folder);
        Refused("It has val", "--model-path", vit);
        Refused("--return-layer is '0'", "--model-path", vit, "--return-layer", "0");
        Refused("the network has 3 blocks", "--model-path", vit, "--split", "val", "--return-layer", "12");
        Refused("--taps names 'out'", "--model-path", vit, "--taps", "res,out");
        Refused("features of one checkpoint", "--model-path", $"{vit},{vit}", "--features-out", "f.npz");
        Refused("no vision transformer", "--model-path", Golden("pretrained", "vit.features.npz"), "--split", "val");
    }

    private static int RankOf(JsonElement checkpoint, string tap) =>
        checkpoint.GetProperty("taps").EnumerateArray().Single(item => item.GetProperty("tap").GetString() == tap).GetProperty("rank").GetProperty("0.99").GetInt32();

    private (int Code, string Output, string Errors) Invoke(params string[] arguments) => TinyRun.Invoke(["pretrained-rank", "--data", Path.Combine(_folder, "data"), "--precision", "fp32", .. arguments]);

    private void Refused(string expected, params string[] arguments)
    {
        (int code, string output, string errors) = Invoke(arguments);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    private static string Golden(params string[] parts)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine([folder.FullName, "tests", "golden", .. parts]);
            if (File.Exists(path)) return path;
        }

        throw new FileNotFoundException(string.Join('/', parts));
    }
}

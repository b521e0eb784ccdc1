using System.Text.Json;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Tests.Commands;

namespace Sharpless.Cli.Tests.Conventions;

/// <summary>An option that is given and has no effect is refused, whichever command it is of.</summary>
public class IdleOptionTests
{
    // Whoever adds an option decides: either it does something whatever the others are, then it belongs here; or it does not, then it belongs into the command's EffectTable.
    private static readonly Dictionary<string, string> AlwaysActing = new()
    {
        ["demo"] = "--out --data-dir --dry-run",
        ["train"] =
            "--dataset --norm --epochs --batch-size --frac-train --batch-order --init --skip-first-look --model --model-width --activation --droprate --scale-init --no-data-augm --randaug "
            + "--repeated-aug --mixup-p --p-label-noise --optimizer --lr-max --lr-schedule --l2-reg --acc-steps --swa --swa-tau --sam-rho --sam-lr-mult --loss --label-smoothing --gce-q "
            + "--loss-offset --frac-rm-per-batch --normalize-logits --act-reg --weight-grad-reg-lambda --jac-reg-lambda --grad-gauss-std --add-weight-perturb-scale --mul-weight-perturb-scale "
            + "--eval-iter-freq --compute-feature-rank --batch-size-eval --n-final-eval --n-eval-every-k-iter --compute-sparsity-metrics --compute-sharpness --exp-name --out --resume --data-dir "
            + "--dry-run --debug",
        ["sweep"] = "--out --jobs --engine --checkpoint-every --data-dir --dry-run",
        ["rank"] = "--features --run --thresholds --rank-only --center --examples --active-units --density --memory-limit --dry-run",
        ["knn"] = "--train-features --train-labels --test-features --test-labels --run --k --dry-run",
        ["sharpness"] = "--run --measures --split --examples --parameters --data-dir --dry-run",
        ["pretrained-rank"] = "--data --split --thresholds --torchscript --onnx --data-dir --memory-limit --dry-run --bs --n-eval-batches --avg-tokens --resize --normalization --skip-bad-images --center --features-out",
        ["pretrained-rank nodes"] = "",
        ["prune"] = "--force --out --pack --scope --exempt --shrink --reestimate-bn --schedule --measure --dry-run",
        ["sparse"] = Sparse + " --sam-rho --finetune-epochs --as-published --directions",
        ["sparse grid"] = Sparse + " --fractions --sam-rho --dense --finetune-epochs --reestimate-bn",
        ["sparse sensitivity"] = Sparse + " --fractions",
        ["two-layer"] = "--seeds --as-published --iterations --activation-penalty --label-noise --warmup-iterations --warmup-factor --out --resume --dry-run",
        ["contrast"] =
            "--preset --run-name --data --train-split --test-split --caption --batch-order --random-init-image --random-init-text --text-length --projection-dim --bottleneck-dim "
            + "--init --lr --rho --gradient-norm-rho --epochs --bs --temperature --eval-every --n-eval-batches --center --as-published --out --resume --checkpoint-every --data-dir --dry-run",
        ["contrast-rank"] =
            "--run --split --data --return-layer --bs --n-eval-batches --thresholds --center --active-threshold --features-out --projection-dim --bottleneck-dim --data-dir --dry-run",
        ["report"] = "--force --out --data-dir --dry-run",
        ["data list"] = "",
        ["data get"] = "--force --from --dry-run",
        ["data verify"] = "--dry-run",
        ["doctor"] = "--data-dir",
    };

    private const string Sparse = "--dataset --data-fraction --width --epochs --batch-size --lr --momentum --weight-decay --scope --seeds --out --resume --data-dir --dry-run";

    // Each option that needs others, on a command line where it has no effect; the last option is the one that is refused.
    private static readonly string[] Refused =
    [
        "train --sam-variant asam", "train --sam-iters 5", "train --sam-step-size-mult 0.5", "train --sam-no-grad-norm", "train --usam-project false", "train --sam-use-prev-batch",
        "train --only-sam-step-size", "train --sam-eta 0.1", "train --sam-alpha 0.5", "train --sam-period 5", "train --sam-sigma 1", "train --sam-lambda 0.5", "train --sam-bn first",
        "train --sam-epoch-frac-start 0.5", "train --sam-epoch-frac-end 0.5",
        "train --sam-rho 0.1 --sam-eta 0.1", "train --sam-rho 0.1 --sam-variant asam --sam-alpha 0.5", "train --sam-rho 0.1 --sam-variant gsam --sam-period 3",
        "train --sam-rho 0.1 --sam-variant gsam --sam-sigma 1", "train --sam-lr-mult 1 --sam-variant looksam --sam-lambda 0.5", "train --sam-rho 0.1 --sam-variant asam --sam-iters 2",
        "train --sam-rho 0.1 --sam-variant gsam --sam-step-size-mult 0.5", "train --sam-rho 0.1 --sam-variant gsam --sam-no-grad-norm",
        "train --sam-rho 0.1 --sam-variant gsam --only-sam-step-size", "train --sam-rho 0.1 --sam-step-size-mult 2", "train --sam-rho 0.1 --usam-project false",
        "train --sam-rho 0.1 --model vgg16 --sam-variant norm-layers", "train --sam-rho 0.1 --sam-variant random --sam-bn first", "train --sam-rho 0.1 --model resnet18_gn --sam-bn first",
        "train --sam-rho 0.1 --freeze-bn-stats --sam-bn first", "train --model vgg16 --freeze-bn-stats", "train --freeze-bn-mode batch", "train --optimizer adam --momentum 0.9",
        "train --lr-schedule cosine --warmup-factor 2", "train --warmup-exp 2", "train --lr-schedule piecewise_03epochs --warmup-exp 2 --warmup-factor 2", "train --l2-reg-on matrices",
        "train --act-reg-block 2", "train --act-reg-start-from 2", "train --act-reg 0.1 --model vgg16_act_reg --act-reg-block 2", "train --act-reg 0.1 --act-reg-start-from 2",
        "train --weight-perturb-distr uniform", "train --randaug-scale scaled", "train --noise-type asym", "train --mask zeros", "train --dataset emoji10 --frac-val 0.1",
        "train --taps block1", "train --n-analysis 100", "train --rank-only", "train --knn-dataset mnist", "train --active-units", "train --compute-feature-rank --sparsity-corr-threshold 0.5",
        "train --debug --checkpoint-every 3", "train --debug --save-model-each-k-epochs 1",
        "rank --features f.npy --taps a", "rank --features f.npy --features-out g.npz", "rank --features f.npy --data-dir d", "rank --features f.npy --gradient-matrix", "rank --run r --key k", "rank --run r --force",
        "rank --run r --sparsity-corr-threshold 0.5", "rank --run r --gradient-examples 5", "rank --run r --gradient-coordinates 5",
        "knn --run r --key k", "knn --run r --memory-limit 4GB", "knn --train-features a --taps t", "knn --train-features a --data-dir d", "knn --train-features a --knn-dataset same",
        "sharpness --run r --measures average --steps 5", "sharpness --run r --measures hessian --step-size 0.1", "sharpness --run r --measures average --step-schedule constant",
        "sharpness --run r --measures average --unnormalized-steps", "sharpness --run r --measures average --restarts 2", "sharpness --run r --measures average --random-start",
        "sharpness --run r --measures average --targeted", "sharpness --run r --measures average --group-size 8", "sharpness --run r --measures worst-case --sigma 0.1",
        "sharpness --run r --measures worst-case --draws 3", "sharpness --run r --measures average --eigenvalues 2", "sharpness --run r --measures average --iterations 9",
        "sharpness --run r --measures average --tolerance 0.1", "sharpness --run r --measures average --trace-draws 3", "sharpness --run r --measures average --memory-limit 4GB",
        "sharpness --run r --measures hessian --norm linf", "sharpness --run r --measures hessian --adaptive", "sharpness --run r --measures hessian --rho 0.1",
        "sharpness --run r --measures average --sigma 0.1 --rho 0.1", "sharpness --run r --steps 1 --step-schedule constant",
        "pretrained-rank --torchscript t.pt --model-path m.npz", "pretrained-rank --torchscript t.pt --heads 4", "pretrained-rank --torchscript t.pt --gelu tanh", "pretrained-rank --torchscript t.pt --out d",
        "pretrained-rank --torchscript t.pt --return-layer 2", "pretrained-rank --torchscript t.pt --taps res", "pretrained-rank --torchscript t.pt --no-accuracy",
        "pretrained-rank --torchscript t.pt --as-published", "pretrained-rank --model-path m.npz --force",
            "contrast-rank --run r --force", "pretrained-rank --model-path m.npz --image-size 32",
        "pretrained-rank --model-path m.npz --nodes a", "pretrained-rank --model-path m.npz --preprocess p.onnx",
            "pretrained-rank --model-path m.npz --normalization caffe --blue-first",
        "pretrained-rank --onnx m.onnx --out d",
        "pretrained-rank --model-path m.npz --avg-tokens --token 3", "pretrained-rank --model-path m.npz --heads 4",
        "prune f --out o --scope 2:4 --amount 0.5", "prune f --out o --rounds 2", "prune f --out o --schedule cubic --rewind initial", "prune f --out o --schedule iterative --prune-every 5",
        "prune f --out o --epochs 2", "prune f --out o --lr-max 0.1", "prune f --out o --sam-rho 0.1", "prune f --out o --resume", "prune f --out o --passes 5", "prune f --out o --image 1x8x8",
        "prune f --out o --dataset mnist", "prune f --out o --data-dir d", "prune f --out o --batch-size 5", "prune f --out o --model-width 5",
        "sparse --scope 2:4 --amount 0.5", "sparse grid --dense sgd --dense-sam-rho 0.1",
        "two-layer gradient-norm --sam-rho 0.1", "two-layer relu --gradient-penalty 0.1", "two-layer --iterations 140 --perturbed-starts 3",
        "contrast --gradient-norm-squared false", "contrast --image-form tiny", "contrast --image-size 64", "contrast --text-form tiny", "contrast --vocabulary v.txt",
        "contrast --vocabulary-size 200", "contrast --preset tiny --vocabulary v.txt --vocabulary-size 200", "contrast --random-init-image --image-model f.npz",
        "contrast --random-init-text --text-model d", "contrast --as-published all --pooling all", "contrast --as-published unit-pixels --pixel-range unit",
    ];

    public static TheoryData<string> RefusedLines => [.. Refused];

    [Theory, MemberData(nameof(RefusedLines))]
    public void An_option_without_effect_is_refused_before_work_and_named(string line)
    {
        string option = line.Split(' ').Last(word => word.StartsWith("--", StringComparison.Ordinal));
        (int code, string output, string errors) = TinyRun.Invoke([.. line.Split(' '), "--dry-run"]);
        Assert.Equal((2, ""), (code, output));
        string[] lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith($"error: {option} has no effect ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("hint: ", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Every_rule_has_a_line_that_it_refuses()
    {
        IEnumerable<string> ruled = CommandTree.Actions().SelectMany(item => EffectTable.Of(item.Command)?.Rules.SelectMany(rule => rule.Options.Select(option => $"{item.Path} {option}")) ?? []);
        HashSet<string> tried =
        [
            .. Refused.Select(line => $"{CommandTree.Actions().Select(item => item.Path).Where(path => $"{line} ".StartsWith($"{path} ", StringComparison.Ordinal)).MaxBy(path => path.Length)} "
                + line.Split(' ').Last(word => word.StartsWith("--", StringComparison.Ordinal))),
        ];
        Assert.Empty(ruled.Distinct().Except(tried));
    }

    [Fact]
    public void Every_option_either_always_acts_or_has_a_rule()
    {
        List<string> undecided = [], unknown = [];
        foreach ((string path, System.CommandLine.Command command) in CommandTree.Actions())
        {
            HashSet<string> acting = [.. AlwaysActing.GetValueOrDefault(path, "").Split(' ')];
            HashSet<string> ruled = [.. EffectTable.Of(command)?.Rules.SelectMany(rule => rule.Options) ?? []];
            string[] options = [.. CommandTree.OptionsOf(command).Select(option => option.Name)];
            undecided.AddRange(options.Where(option => !acting.Contains(option) && !ruled.Contains(option)).Select(option => $"{path} {option}"));
            unknown.AddRange(ruled.Except(options).Select(option => $"{path} {option}"));
        }

        Assert.True(undecided.Count == 0, $"Neither in AlwaysActing nor in the command's EffectTable: {string.Join(", ", undecided)}");
        Assert.True(unknown.Count == 0, $"A rule names an option that the command does not have: {string.Join(", ", unknown)}");
    }

    [Theory]
    [InlineData("train --sam-variant asam", "0.5 (arXiv:2102.11600)")]
    [InlineData("train --sam-variant friendly", "0.2 (arXiv:2403.12350)")]
    [InlineData("train --sam-iters 5", "0.05 (arXiv:2010.01412)")]
    [InlineData("train --sam-variant looksam", "Give the radius with --sam-rho or --sam-lr-mult")]
    [InlineData("train --sam-rho 0.1 --sam-eta 0.1", "add --sam-variant asam")]
    public void The_hint_says_what_is_missing(string line, string hint) => Assert.Contains(hint, TinyRun.Invoke([.. line.Split(' '), "--dry-run"]).Errors, StringComparison.Ordinal);

    // What an option depends on may be switched off: that is the baseline of a comparison.
    [Theory]
    [InlineData("train --sam-rho 0 --sam-variant asam --sam-eta 0.1 --sam-bn first")]
    [InlineData("train --act-reg 0 --act-reg-block 2 --l2-reg 0 --l2-reg-on matrices --p-label-noise 0 --noise-type asym")]
    [InlineData("train --no-data-augm --sam-lr-mult 0 --sam-iters 2 --sam-step-size-mult 1.5")]
    [InlineData("two-layer relu --iterations 140 --perturbed-starts 0")]
    public void A_baseline_keeps_its_options(string line) => AssertAccepted(line);

    // The instructions that the programs were published with.
    [Theory]
    [InlineData("train --dataset=tiny_imagenet --sam_rho=0.0 --eval_iter_freq=1000 --l2_reg=0.0 --epochs=200 --batch_size=256 --lr_max=0.05 --lr_schedule=constant --momentum=0.0 --model=resnet18 --model_width=64 --exp_name=sam_low_rank_basic --compute_feature_rank --seed=0")]
    [InlineData("train --dataset=cifar10 --sam_rho=0.1 --eval_iter_freq=1000 --l2_reg=0.0005 --epochs=200 --batch_size=256 --lr_max=0.1 --lr_schedule=piecewise_05epochs --momentum=0.9 --model=resnet18 --model_width=64 --exp_name=sam_low_rank_augm_sota --compute_feature_rank --n_final_eval=-1")]
    [InlineData("contrast --epochs=25 --lr=0.0001 --rho=0.1 --bs=128 --projection_dim=768 --bottleneck_dim=200 --random_init_text --run_name=x")]
    [InlineData("contrast-rank --split=train --bs=128 --n_eval_batches=10 --projection_dim=768 --bottleneck_dim=-1 --return_layer=2 --model_path=RUN")]
    [InlineData("pretrained-rank --return_layer=12 --split=train --n_eval_batches=100 --model_path=gs://vit_models/sam/ViT-B_16.npz")]
    [InlineData("two-layer relu --seeds 1 --as-published")]
    public void Published_lines_run_as_they_are(string line) => AssertAccepted(line);

    [Fact]
    public void In_a_sweep_an_option_may_act_at_some_points_alone_and_is_left_out_at_the_others()
    {
        JsonElement[] runs = [.. Sweep("--sam-variant sam,asam --sam-eta 0.1 --sam-rho 0.1").GetProperty("runs").EnumerateArray()];
        Assert.Equal([("sam", 0.01), ("asam", 0.1)], runs.Select(run => (run.GetProperty("options").GetProperty("sam-variant").GetString()!, run.GetProperty("options").GetProperty("sam-eta").GetDouble())));
        Assert.Equal(2, Sweep("--sam-variant asam --sam-rho 0,0.1").GetProperty("runs").GetArrayLength());
        Assert.Equal(4, Sweep("--optimizer sgd,adam --momentum 0.5 --seed 0,1").GetProperty("runs").GetArrayLength());
    }

    [Theory]
    [InlineData("--sam-variant asam,gsam --seed 0,1", "--sam-variant has no effect without --sam-rho or --sam-lr-mult")]
    [InlineData("--sam-variant sam,asam --sam-eta 0.1,0.2 --sam-rho 0.1", "--sam-eta has no effect with --sam-variant sam")]
    [InlineData("--optimizer adam --momentum 0,0.9", "--momentum has no effect with --optimizer adam")]
    public void In_a_sweep_an_option_that_acts_nowhere_or_makes_equal_runs_is_refused(string line, string error)
    {
        (int code, _, string errors) = TinyRun.Invoke(["sweep", .. line.Split(' '), "--dry-run"]);
        Assert.Equal(2, code);
        Assert.Contains($"error: {error}", errors, StringComparison.Ordinal);
    }

    private static JsonElement Sweep(string line)
    {
        (int code, string output, string errors) = TinyRun.Invoke(["sweep", .. line.Split(' '), "--dry-run", "--json"]);
        Assert.True(code == 0, errors + output);
        return JsonDocument.Parse(output).RootElement;
    }

    private static void AssertAccepted(string line)
    {
        (int code, _, string errors) = TinyRun.Invoke([.. line.Split(' '), "--dry-run"]);
        Assert.True(code == 0, errors);
    }
}

using Sharpless.Cli.Hosting;
using Sharpless.Contrastive;

namespace Sharpless.Cli.Commands;

/// <summary>Which options of <c>sharpless contrast</c> have an effect only beside others.</summary>
internal static class ContrastEffects
{
    internal static EffectTable Create() => new EffectTable()
        .Beside(["--gradient-norm-squared"], "--gradient-norm-rho")
        .Add(["--image-form", "--image-size"], given => IsDrawn(given, "image") ? null : "on an image encoder that is read from a file", _ => "Leave it out, or add --image-model random.")
        .Add(["--text-form", "--vocabulary", "--vocabulary-size"], given => IsDrawn(given, "text") ? null : "on a text encoder that is read from a folder", _ => "Leave it out, or add --text-model random.")
        .NotBeside(["--vocabulary-size"], "--vocabulary")
        .NotBeside(["--image-model"], "--random-init-image")
        .NotBeside(["--text-model"], "--random-init-text")
        .Add(["--pooling"], given => Overrides(given, "pool-padding"))
        .Add(["--pixel-range"], given => Overrides(given, "unit-pixels"));

    private static bool IsDrawn(GivenOptions given, string side) =>
        given.IsOn($"--random-init-{side}")
        || (given.Has($"--{side}-model") ? given.Value<string>($"--{side}-model") == ContrastiveOptions.Random : given.Value<string>("--preset") == ContrastivePreset.Tiny);

    private static string? Overrides(GivenOptions given, string quirk) =>
        given.Value<string[]>("--as-published") is { } names && names.Intersect([quirk, "all"]).Any() ? $"with --as-published {string.Join(',', names)}" : null;
}

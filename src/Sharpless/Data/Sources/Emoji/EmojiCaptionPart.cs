namespace Sharpless.Data.Sources.Emoji;

/// <summary>What a captioned picture is for.</summary>
internal enum EmojiCaptionPart
{
    /// <summary>Trained on.</summary>
    Train,

    /// <summary>Concepts held out, to choose settings by.</summary>
    Val,

    /// <summary>Concepts held out: neither text nor drawing was seen.</summary>
    Test,

    /// <summary>A style held out: the text was seen, the drawing not.</summary>
    Style,

    /// <summary>Pairs of emoji and skin tone held out: both were seen, never together.</summary>
    Composition,

    /// <summary>Left over: further drawings of what is held out.</summary>
    Rest,
}

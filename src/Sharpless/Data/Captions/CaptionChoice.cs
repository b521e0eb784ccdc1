namespace Sharpless.Data.Captions;

/// <summary>Which of a picture's captions is read.</summary>
public enum CaptionChoice
{
    /// <summary>A uniform draw, anew in each epoch.</summary>
    Random,

    /// <summary>The first one.</summary>
    First,
}

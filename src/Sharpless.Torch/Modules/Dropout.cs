namespace Sharpless.Torch.Modules;

/// <summary>Dropout (Srivastava and others, JMLR 15, 2014): in training each element becomes 0 with a probability, and the others are scaled up to keep the mean.</summary>
/// <remarks>
/// It draws from libtorch's default generator, a new mask in each pass. <see cref="Runtime.Seed"/> starts that generator, and
/// <see cref="torch.get_rng_state"/> keeps its place for an exact resume.
/// </remarks>
public sealed class Dropout : Layer
{
    /// <summary>Dropout with a probability.</summary>
    /// <param name="rate">Probability of an element to become 0, from 0 to below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Out of that range.</exception>
    public Dropout(double rate)
    {
        if (!(rate >= 0 && rate < 1)) throw new ArgumentOutOfRangeException(nameof(rate), rate, "The rate of dropout must be from 0 to below 1.");
        Rate = rate;
    }

    /// <summary>Probability of an element to become 0.</summary>
    public double Rate { get; }

    /// <summary>The input with elements dropped; in evaluation, and at rate 0, the input itself. At rate 0 nothing is drawn.</summary>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return training && Rate > 0 ? nn.functional.dropout(input, Rate) : input.Alias();
    }
}

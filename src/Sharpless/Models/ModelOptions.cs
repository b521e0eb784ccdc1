namespace Sharpless.Models;

/// <summary>What can be chosen about a model beside its size. Each option has an effect on some models only; <see cref="ModelCatalog.Problems"/> tells where it has none.</summary>
public sealed record ModelOptions
{
    /// <summary>Activation inside pre-activation blocks. The one after the last block is ReLU always, as published. Default ReLU.</summary>
    public BlockActivation Activation { get; init; } = BlockActivation.Relu;

    /// <summary>Rate of the dropout before the second convolution of each pre-activation block, from 0 to below 1. Default 0.</summary>
    public double DropRate { get; init; }

    /// <summary>L2 norm of the first weights of <c>linear</c>, 0 or more. Default 0: it starts from zero.</summary>
    public double InitialNorm { get; init; }
}

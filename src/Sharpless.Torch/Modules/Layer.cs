namespace Sharpless.Torch.Modules;

/// <summary>A layer from one tensor to one; its fields are registered by name, not by TorchSharp's reflection.</summary>
public abstract class Layer : nn.Module<Tensor, Tensor>
{
    /// <summary>A layer without parts.</summary>
    protected Layer()
        : base("Layer")
    {
    }

    /// <summary>Nothing: each part was registered under the name that PyTorch gives it.</summary>
    protected override void RegisterComponents()
    {
    }
}

/// <summary>A part of a network with a forward pass of its own kind; its fields are registered by name.</summary>
public abstract class Block : nn.Module
{
    /// <summary>A block without parts.</summary>
    protected Block()
        : base("Block")
    {
    }

    /// <inheritdoc cref="Layer.RegisterComponents"/>
    protected override void RegisterComponents()
    {
    }
}

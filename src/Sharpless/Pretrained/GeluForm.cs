namespace Sharpless.Pretrained;

/// <summary>How the activation of the hidden layers is computed (arXiv:1606.08415).</summary>
public enum GeluForm
{
    /// <summary>0.5 x (1 + tanh(sqrt(2/π) (x + 0.044715 x³))): what the published npz files were trained with.</summary>
    Tanh,
    /// <summary>x Φ(x): what PyTorch's library timm computes.</summary>
    Exact,
    /// <summary>x σ(1.702 x), "QuickGELU": what OpenAI's CLIP was trained with.</summary>
    Quick,
}

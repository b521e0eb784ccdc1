"""Published image networks, written from the papers (arXiv:2010.11929, arXiv:2105.01601, arXiv:1912.11370) with torch.nn.functional, on a dictionary of arrays.

Parts that only some networks have: LayerScale (arXiv:2103.17239), register tokens (arXiv:2309.16588), normalized queries and keys (arXiv:2302.05442), a
normalization before the blocks (arXiv:2103.00020), positions of the patches alone (arXiv:2204.07118), the normalized mean in the place of a normalized class
token. Which of them a network has shows in its tensors.

Nothing here knows the C# code. Weights are multiples of 1/64 of their scale, so that the files compress.
"""
import numpy as np
import torch
import torch.nn.functional as F

CLASSES = 5


def draw(generator, shape, scale, offset=0.0):
    return (offset + scale * generator.integers(-64, 65, shape) / 64).astype(np.float32)


# --- checkpoints, with the newer names ---------------------------------------------------------------------------------------------------


def dense(tensors, name, inputs, outputs, g):
    tensors[f"{name}/kernel"] = draw(g, (*inputs, *outputs), (3 / np.prod(inputs)) ** 0.5)
    tensors[f"{name}/bias"] = draw(g, outputs, 0.25)


def norm(tensors, name, width, g):
    tensors[f"{name}/scale"] = draw(g, (width,), 0.25, 1)
    tensors[f"{name}/bias"] = draw(g, (width,), 0.25)


def convolution(tensors, name, size, inputs, outputs, g):
    tensors[f"{name}/kernel"] = draw(g, (size, size, inputs, outputs), 1)


def vit(width, heads, hidden, layers, patch, grid, g, token=True, stem=0, units=(), representation=0,
        registers=0, positioned="all", scale=0.0, query_norm=False, pre_norm=False, mean_norm=False):
    t = {}
    channels = 3
    if stem:
        convolution(t, "conv_root", 7, 3, stem, g)
        norm(t, "gn_root", stem, g)
        channels = stem
        for s, count in enumerate(units, 1):
            inner = stem * 2 ** (s - 1)
            for u in range(1, count + 1):
                at = f"block{s}/unit{u}"
                if u == 1:
                    convolution(t, f"{at}/conv_proj", 1, channels, 4 * inner, g)
                    norm(t, f"{at}/gn_proj", 4 * inner, g)
                for i, (size, a, b) in enumerate(((1, channels, inner), (3, inner, inner), (1, inner, 4 * inner)), 1):
                    convolution(t, f"{at}/conv{i}", size, a, b, g)
                    norm(t, f"{at}/gn{i}", b, g)
                channels = 4 * inner
    dense(t, "embedding", (patch, patch, channels), (width,), g)
    if token:
        t["cls"] = draw(g, (1, 1, width), 1)
    if registers:
        t["reg"] = draw(g, (1, registers, width), 1)
    if pre_norm:
        # Without a bias before it, and small beside its epsilon.
        del t["embedding/bias"]
        norm(t, "norm_pre", width, g)
    prefix = {"all": token + registers, "class": token, "patches": 0}[positioned]
    t["Transformer/posembed_input/pos_embedding"] = draw(g, (1, grid * grid + prefix, width), 0.5)
    if pre_norm:
        for name in ("embedding/kernel", "cls", "Transformer/posembed_input/pos_embedding"):
            t[name] = t[name] / np.float32(64)
    for i in range(layers):
        at = f"Transformer/encoderblock_{i}"
        norm(t, f"{at}/LayerNorm_0", width, g)
        for name in ("query", "key", "value"):
            dense(t, f"{at}/MultiHeadDotProductAttention_0/{name}", (width,), (heads, width // heads), g)
        if query_norm:
            for name in ("query_ln", "key_ln"):
                norm(t, f"{at}/MultiHeadDotProductAttention_0/{name}", width // heads, g)
        dense(t, f"{at}/MultiHeadDotProductAttention_0/out", (heads, width // heads), (width,), g)
        norm(t, f"{at}/LayerNorm_1", width, g)
        dense(t, f"{at}/MlpBlock_0/Dense_0", (width,), (hidden,), g)
        dense(t, f"{at}/MlpBlock_0/Dense_1", (hidden,), (width,), g)
        if scale:
            for part in (0, 1):
                t[f"{at}/LayerScale_{part}/gamma"] = draw(g, (width,), scale / 2, scale)
    norm(t, "fc_norm" if mean_norm else "Transformer/encoder_norm", width, g)
    if representation:
        dense(t, "pre_logits", (width,), (representation,), g)
    dense(t, "head", (representation or width,), (CLASSES,), g)
    return t


def mixer(width, token_hidden, hidden, layers, patch, grid, g):
    t = {}
    dense(t, "stem", (patch, patch, 3), (width,), g)
    for i in range(layers):
        at = f"MixerBlock_{i}"
        norm(t, f"{at}/LayerNorm_0", width, g)
        dense(t, f"{at}/token_mixing/Dense_0", (grid * grid,), (token_hidden,), g)
        dense(t, f"{at}/token_mixing/Dense_1", (token_hidden,), (grid * grid,), g)
        norm(t, f"{at}/LayerNorm_1", width, g)
        dense(t, f"{at}/channel_mixing/Dense_0", (width,), (hidden,), g)
        dense(t, f"{at}/channel_mixing/Dense_1", (hidden,), (width,), g)
    norm(t, "pre_head_layer_norm", width, g)
    dense(t, "head", (width,), (CLASSES,), g)
    return t


# --- the networks ------------------------------------------------------------------------------------------------------------------------


def same(x, size, stride, value=0.0):
    total = [max(0, (-(-n // stride) - 1) * stride + size - n) for n in x.shape[2:]]
    return F.pad(x, (total[1] // 2, total[1] - total[1] // 2, total[0] // 2, total[0] - total[0] // 2), value=value)


def standardized(x, kernel, stride):
    w = kernel.permute(3, 2, 0, 1)
    mean = w.mean((1, 2, 3), keepdim=True)
    std = w.var((1, 2, 3), unbiased=False, keepdim=True).sqrt()
    return F.conv2d(same(x, w.shape[2], stride), (w - mean) / (std + 1e-5), stride=stride)


def group_norm(x, t, at):
    return F.group_norm(x, 32, t[f"{at}/scale"].reshape(-1), t[f"{at}/bias"].reshape(-1), 1e-6)


def layer_norm(x, t, at, epsilon=1e-6):
    return F.layer_norm(x, x.shape[-1:], t[f"{at}/scale"], t[f"{at}/bias"], epsilon)


def affine(x, t, at):
    return x @ t[f"{at}/kernel"] + t[f"{at}/bias"]


def residual_unit(x, t, at, stride):
    shortcut = x
    if f"{at}/conv_proj/kernel" in t:
        shortcut = group_norm(standardized(x, t[f"{at}/conv_proj/kernel"], stride), t, f"{at}/gn_proj")
    y = F.relu(group_norm(standardized(x, t[f"{at}/conv1/kernel"], 1), t, f"{at}/gn1"))
    y = F.relu(group_norm(standardized(y, t[f"{at}/conv2/kernel"], stride), t, f"{at}/gn2"))
    return F.relu(group_norm(standardized(y, t[f"{at}/conv3/kernel"], 1), t, f"{at}/gn3") + shortcut)


def embed(x, t, name):
    kernel = t[f"{name}/kernel"]
    grid = F.conv2d(x, kernel.permute(3, 2, 0, 1), t.get(f"{name}/bias"), stride=kernel.shape[0])
    return grid.flatten(2).transpose(1, 2)


def mlp(x, t, at, first, second, gelu, taps=None, scale=1):
    pre = affine(x, t, f"{at}/{first}")
    hidden = gelu(pre)
    out = scale * affine(hidden, t, f"{at}/{second}")
    if taps is not None:
        taps.update(preact=pre, gelu=hidden, mlp=out)
    return out


def attention(y, t, at, epsilon):
    q, k, v = (torch.einsum("btd,dhe->bhte", y, t[f"{at}/{x}/kernel"]) + t[f"{at}/{x}/bias"][:, None] for x in ("query", "key", "value"))
    if f"{at}/query_ln/scale" in t:
        q, k = layer_norm(q, t, f"{at}/query_ln", epsilon), layer_norm(k, t, f"{at}/key_ln", epsilon)
    weights = torch.softmax((q / q.shape[-1] ** 0.5) @ k.transpose(2, 3), -1)
    return torch.einsum("bhte,hed->btd", weights @ v, t[f"{at}/out/kernel"]) + t[f"{at}/out/bias"]


def place(x, t):
    """Class token and registers before the patches, and positions for as many tokens as there are."""
    positions = t["Transformer/posembed_input/pos_embedding"]
    first, registers = ([t[name].expand(len(x), -1, -1)] if name in t else [] for name in ("cls", "reg"))
    patches = x.shape[1]
    if positions.shape[1] == patches:
        return torch.cat(first + registers + [x + positions], 1)
    if registers and positions.shape[1] == patches + 1:
        x = torch.cat(first + [x], 1) + positions
        return torch.cat([x[:, :1]] + registers + [x[:, 1:]], 1)
    return torch.cat(first + registers + [x], 1) + positions


def forward(t, x, gelu, epsilon=1e-6):
    """Features, logits, and the taps of every block: [{place: [B, T, ...]}]."""
    all_taps = []
    is_mixer = "stem/kernel" in t
    if is_mixer:
        x = embed(x, t, "stem")
    else:
        if "conv_root/kernel" in t:
            x = F.relu(group_norm(standardized(x, t["conv_root/kernel"], 2), t, "gn_root"))
            x = F.max_pool2d(same(x, 3, 2, -float("inf")), 3, 2)
            s = 1
            while f"block{s}/unit1/conv1/kernel" in t:
                u = 1
                while f"block{s}/unit{u}/conv1/kernel" in t:
                    x = residual_unit(x, t, f"block{s}/unit{u}", 2 if s > 1 and u == 1 else 1)
                    u += 1
                s += 1
        x = place(embed(x, t, "embedding"), t)
        if "norm_pre/scale" in t:
            x = layer_norm(x, t, "norm_pre", epsilon)
    i = 0
    while True:
        at = f"MixerBlock_{i}" if is_mixer else f"Transformer/encoderblock_{i}"
        if f"{at}/LayerNorm_0/scale" not in t:
            break
        taps = {"preatt": x}
        y = layer_norm(x, t, f"{at}/LayerNorm_0", epsilon)
        scales = [t.get(f"{at}/LayerScale_{part}/gamma", 1) for part in (0, 1)]
        if is_mixer:
            mixed = mlp(y.transpose(1, 2), t, f"{at}/token_mixing", "Dense_0", "Dense_1", gelu).transpose(1, 2)
        else:
            mixed = scales[0] * attention(y, t, f"{at}/MultiHeadDotProductAttention_0", epsilon)
        taps["att"] = mixed
        x = x + mixed
        taps["premlp"] = x
        x = x + mlp(layer_norm(x, t, f"{at}/LayerNorm_1", epsilon), t, f"{at}/channel_mixing" if is_mixer else f"{at}/MlpBlock_0",
                    "Dense_0", "Dense_1", gelu, taps, scales[1])
        taps["res"] = x
        all_taps.append(taps)
        i += 1
    before = sum(t[name].shape[1] for name in ("cls", "reg") if name in t)
    if "fc_norm/scale" in t:
        features = layer_norm(x[:, before:].mean(1), t, "fc_norm", epsilon)
    else:
        x = layer_norm(x, t, "pre_head_layer_norm" if is_mixer else "Transformer/encoder_norm", epsilon)
        features = x[:, 0] if "cls" in t else x[:, before:].mean(1)
    logits = torch.tanh(affine(features, t, "pre_logits")) if "pre_logits/kernel" in t else features
    return features, affine(logits, t, "head"), all_taps

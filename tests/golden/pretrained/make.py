"""Checkpoints in the published formats at reduced width, and what PyTorch computes with them.

Made with Debian 12's python3-torch 1.13.1:  /usr/bin/python3 tests/golden/pretrained/make.py
Writes, beside itself, for each case
    CASE.npz or CASE.safetensors   the checkpoint, with the names, shapes and habits of the published files (each case says which)
    CASE.features.npz              images [3, 3, R, R] in [-1, 1], layerN.PLACE for every place of every block (first token and mean over the tokens of each
                                   image: PLACE/first, PLACE/mean), features, logits, and gradient/NAME of sum(features * cos(0, 1, 2, ...)).

Nothing here knows the C# code: the networks are written from the papers (arXiv:2010.11929, arXiv:2105.01601, arXiv:1912.11370) with torch.nn.functional, on a
dictionary of arrays. Weights are multiples of 1/64 of their scale, so that the files compress.
"""
import json
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
CLASSES = 5
IMAGES = 3


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


def vit(width, heads, hidden, layers, patch, grid, g, token=True, stem=0, units=(), representation=0):
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
    t["Transformer/posembed_input/pos_embedding"] = draw(g, (1, grid * grid + token, width), 0.5)
    for i in range(layers):
        at = f"Transformer/encoderblock_{i}"
        norm(t, f"{at}/LayerNorm_0", width, g)
        for name in ("query", "key", "value"):
            dense(t, f"{at}/MultiHeadDotProductAttention_0/{name}", (width,), (heads, width // heads), g)
        dense(t, f"{at}/MultiHeadDotProductAttention_0/out", (heads, width // heads), (width,), g)
        norm(t, f"{at}/LayerNorm_1", width, g)
        dense(t, f"{at}/MlpBlock_0/Dense_0", (width,), (hidden,), g)
        dense(t, f"{at}/MlpBlock_0/Dense_1", (hidden,), (width,), g)
    norm(t, "Transformer/encoder_norm", width, g)
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


# --- habits of the files -----------------------------------------------------------------------------------------------------------------


def legacy(tensors):
    """Older files count the parts of a block whatever they are."""
    old = {"MultiHeadDotProductAttention_0": "MultiHeadDotProductAttention_1", "LayerNorm_1": "LayerNorm_2", "MlpBlock_0": "MlpBlock_3"}
    out = {}
    for name, value in tensors.items():
        parts = name.split("/")
        if parts[0] == "Transformer" and len(parts) > 2:
            parts[2] = old.get(parts[2], parts[2])
        out["/".join(parts)] = value
    return out


def timm(tensors):
    """The names and shapes of timm: [outputs, inputs], query, key and value in one."""
    t = {key: np.asarray(value) for key, value in tensors.items()}
    out = {}
    is_mixer = "stem/kernel" in t

    def linear(name, at):
        kernel = t[f"{at}/kernel"]
        bias = t[f"{at}/bias"]
        outputs = bias.size
        out[f"{name}.weight"] = kernel.reshape(-1, outputs).T
        out[f"{name}.bias"] = bias.reshape(-1)

    def layer_norm(name, at):
        out[f"{name}.weight"], out[f"{name}.bias"] = t[f"{at}/scale"], t[f"{at}/bias"]

    def patches(name, at):
        out[f"{name}.weight"], out[f"{name}.bias"] = t[f"{at}/kernel"].transpose(3, 2, 0, 1), t[f"{at}/bias"]

    if is_mixer:
        patches("stem.proj", "stem")
    else:
        patches("patch_embed.proj", "embedding")
        out["cls_token"], out["pos_embed"] = t["cls"], t["Transformer/posembed_input/pos_embedding"]
    i = 0
    while f"MixerBlock_{i}/LayerNorm_0/scale" in t or f"Transformer/encoderblock_{i}/LayerNorm_0/scale" in t:
        at, name = (f"MixerBlock_{i}" if is_mixer else f"Transformer/encoderblock_{i}"), f"blocks.{i}"
        layer_norm(f"{name}.norm1", f"{at}/LayerNorm_0")
        layer_norm(f"{name}.norm2", f"{at}/LayerNorm_1")
        if is_mixer:
            for ours, theirs in (("token_mixing", "mlp_tokens"), ("channel_mixing", "mlp_channels")):
                linear(f"{name}.{theirs}.fc1", f"{at}/{ours}/Dense_0")
                linear(f"{name}.{theirs}.fc2", f"{at}/{ours}/Dense_1")
        else:
            a = f"{at}/MultiHeadDotProductAttention_0"
            width = t["cls"].size
            out[f"{name}.attn.qkv.weight"] = np.concatenate([t[f"{a}/{x}/kernel"].reshape(width, width).T for x in ("query", "key", "value")])
            out[f"{name}.attn.qkv.bias"] = np.concatenate([t[f"{a}/{x}/bias"].reshape(-1) for x in ("query", "key", "value")])
            linear(f"{name}.attn.proj", f"{a}/out")
            linear(f"{name}.mlp.fc1", f"{at}/MlpBlock_0/Dense_0")
            linear(f"{name}.mlp.fc2", f"{at}/MlpBlock_0/Dense_1")
        i += 1
    layer_norm("norm", "pre_head_layer_norm" if is_mixer else "Transformer/encoder_norm")
    linear("head", "head")
    return out


def write_safetensors(path, tensors):
    header, place = {}, 0
    for name, value in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [place, place + 4 * value.size]}
        place += 4 * value.size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in tensors.values():
            file.write(np.ascontiguousarray(value, np.float32).tobytes())


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


def layer_norm(x, t, at):
    return F.layer_norm(x, x.shape[-1:], t[f"{at}/scale"], t[f"{at}/bias"], 1e-6)


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
    grid = F.conv2d(x, kernel.permute(3, 2, 0, 1), t[f"{name}/bias"], stride=kernel.shape[0])
    return grid.flatten(2).transpose(1, 2)


def mlp(x, t, at, first, second, gelu, taps=None):
    pre = affine(x, t, f"{at}/{first}")
    hidden = gelu(pre)
    out = affine(hidden, t, f"{at}/{second}")
    if taps is not None:
        taps.update(preact=pre, gelu=hidden, mlp=out)
    return out


def attention(y, t, at):
    q, k, v = (torch.einsum("btd,dhe->bhte", y, t[f"{at}/{x}/kernel"]) + t[f"{at}/{x}/bias"][:, None] for x in ("query", "key", "value"))
    weights = torch.softmax((q / q.shape[-1] ** 0.5) @ k.transpose(2, 3), -1)
    return torch.einsum("bhte,hed->btd", weights @ v, t[f"{at}/out/kernel"]) + t[f"{at}/out/bias"]


def forward(t, x, gelu):
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
        x = embed(x, t, "embedding")
        if "cls" in t:
            x = torch.cat([t["cls"].expand(len(x), -1, -1), x], 1)
        x = x + t["Transformer/posembed_input/pos_embedding"]
    i = 0
    while True:
        at = f"MixerBlock_{i}" if is_mixer else f"Transformer/encoderblock_{i}"
        if f"{at}/LayerNorm_0/scale" not in t:
            break
        taps = {"preatt": x}
        y = layer_norm(x, t, f"{at}/LayerNorm_0")
        if is_mixer:
            mixed = mlp(y.transpose(1, 2), t, f"{at}/token_mixing", "Dense_0", "Dense_1", gelu).transpose(1, 2)
        else:
            mixed = attention(y, t, f"{at}/MultiHeadDotProductAttention_0")
        taps["att"] = mixed
        x = x + mixed
        taps["premlp"] = x
        x = x + mlp(layer_norm(x, t, f"{at}/LayerNorm_1"), t, f"{at}/channel_mixing" if is_mixer else f"{at}/MlpBlock_0", "Dense_0", "Dense_1", gelu, taps)
        taps["res"] = x
        all_taps.append(taps)
        i += 1
    x = layer_norm(x, t, "pre_head_layer_norm" if is_mixer else "Transformer/encoder_norm")
    features = x[:, 0] if "cls" in t else x.mean(1)
    logits = torch.tanh(affine(features, t, "pre_logits")) if "pre_logits/kernel" in t else features
    return features, affine(logits, t, "head"), all_taps


def make(case, tensors, size, stored=None, write=None, exact=False):
    g = np.random.default_rng(len(case))
    images = draw(g, (IMAGES, 3, size, size), 1)
    t = {key: torch.tensor(value, dtype=torch.float64, requires_grad=True) for key, value in tensors.items()}
    # In float64: the golden numbers are exact beside float32's rounding.
    features, logits, taps = forward(t, torch.tensor(images, dtype=torch.float64), lambda x: F.gelu(x, approximate="none" if exact else "tanh"))
    (features * torch.cos(torch.arange(features.numel(), dtype=torch.float64)).reshape(features.shape)).sum().backward()
    out = {"images": images, "features": features, "logits": logits}
    for layer, places in enumerate(taps, 1):
        for place, value in places.items():
            out[f"layer{layer}.{place}/first"] = value[:, 0]
            out[f"layer{layer}.{place}/mean"] = value.mean(1)
    for name, value in t.items():
        if value.grad is not None:
            flat = value.grad.reshape(-1)
            out[f"gradient/{name}"] = flat[:: max(1, len(flat) // 16)]
    out = {key: np.asarray(value.detach() if isinstance(value, torch.Tensor) else value, np.float32) for key, value in out.items()}
    np.savez_compressed(os.path.join(HERE, f"{case}.features.npz"), **out)
    stored = tensors if stored is None else stored
    (write or (lambda path, arrays: np.savez(path + ".npz", **arrays)))(os.path.join(HERE, case), stored)
    print(case, sum(value.size for value in tensors.values()), float(np.abs(out["logits"]).max()))


def compressed(path, arrays):
    np.savez_compressed(path + ".npz", **arrays)


# Legacy names, stored, with an optimiser's leftover and the head of 21k classes, as in the standard and SAM files.
weights = vit(12, 2, 20, 3, 4, 4, np.random.default_rng(1), representation=7)
make("vit", weights, 16, {**legacy(weights), "opt/state/step": np.array(3, np.int64)})
# Newer names below a prefix, no class token, float16, float64 and Fortran order.
weights = vit(16, 4, 24, 2, 8, 3, np.random.default_rng(2), token=False)
kinds = [lambda a: a.astype(np.float16), lambda a: a.astype(np.float64), np.asfortranarray]
weights = {key: (value.astype(np.float16).astype(np.float32) if i % 3 == 0 else value) for i, (key, value) in enumerate(weights.items())}
make("vit-gap", weights, 24, {f"params/{key}": kinds[i % 3](value) for i, (key, value) in enumerate(weights.items())}, compressed)
# The root alone before the embedding (R+ViT-Ti), vectors of the group normalization with singleton dimensions; images of an odd side at the pooling.
weights = vit(12, 3, 16, 2, 2, 3, np.random.default_rng(3), stem=32)
make("hybrid-root", weights, 24, {key: (value.reshape(1, 1, 1, -1) if key.startswith("gn_") else value) for key, value in legacy(weights).items()}, compressed)
# Stages of residual units before a 1x1 embedding (R50+ViT).
weights = vit(12, 2, 16, 1, 1, 3, np.random.default_rng(4), stem=32, units=(2, 1))
make("hybrid-stages", weights, 24, legacy(weights), compressed)
weights = mixer(12, 6, 20, 3, 4, 4, np.random.default_rng(5))
make("mixer", weights, 16)
# timm's names; it computes GELU exactly.
weights = vit(12, 2, 20, 2, 4, 4, np.random.default_rng(6))
make("vit-timm", weights, 16, timm(weights), lambda path, arrays: write_safetensors(path + ".safetensors", arrays), exact=True)
weights = mixer(12, 6, 20, 2, 4, 4, np.random.default_rng(7))
make("mixer-timm", weights, 16, timm(weights), lambda path, arrays: write_safetensors(path + ".safetensors", arrays), exact=True)

"""Checkpoints in the published formats at reduced width, and what PyTorch computes with them.

Made with Debian 12's python3-torch 1.13.1:  /usr/bin/python3 tests/golden/pretrained/make.py
Writes, beside itself, for each case
    CASE.npz or CASE.safetensors   the checkpoint, with the names, shapes and habits of the published files (each case says which)
    CASE.features.npz              images [3, 3, R, R] in [-1, 1], layerN.PLACE for every place of every block (first token and mean over the tokens of each
                                   image: PLACE/first, PLACE/mean), features, logits, and gradient/NAME of sum(features * cos(0, 1, 2, ...)).

The networks are in networks.py.
"""
import json
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F

from networks import draw, forward, mixer, vit

HERE = os.path.dirname(os.path.abspath(__file__))
IMAGES = 3


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
        out[f"{name}.weight"] = t[f"{at}/kernel"].transpose(3, 2, 0, 1)
        if f"{at}/bias" in t:
            out[f"{name}.bias"] = t[f"{at}/bias"]

    if is_mixer:
        patches("stem.proj", "stem")
    else:
        patches("patch_embed.proj", "embedding")
        if "cls" in t:
            out["cls_token"] = t["cls"]
        if "reg" in t:
            out["reg_token"] = t["reg"]
        out["pos_embed"] = t["Transformer/posembed_input/pos_embedding"]
        if "norm_pre/scale" in t:
            layer_norm("norm_pre", "norm_pre")
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
            width = t[f"{at}/LayerNorm_0/scale"].size
            out[f"{name}.attn.qkv.weight"] = np.concatenate([t[f"{a}/{x}/kernel"].reshape(width, width).T for x in ("query", "key", "value")])
            out[f"{name}.attn.qkv.bias"] = np.concatenate([t[f"{a}/{x}/bias"].reshape(-1) for x in ("query", "key", "value")])
            linear(f"{name}.attn.proj", f"{a}/out")
            if f"{a}/query_ln/scale" in t:
                layer_norm(f"{name}.attn.q_norm", f"{a}/query_ln")
                layer_norm(f"{name}.attn.k_norm", f"{a}/key_ln")
            for part in (1, 2):
                if f"{at}/LayerScale_{part - 1}/gamma" in t:
                    out[f"{name}.ls{part}.gamma"] = t[f"{at}/LayerScale_{part - 1}/gamma"]
            linear(f"{name}.mlp.fc1", f"{at}/MlpBlock_0/Dense_0")
            linear(f"{name}.mlp.fc2", f"{at}/MlpBlock_0/Dense_1")
        i += 1
    if "fc_norm/scale" in t:
        layer_norm("fc_norm", "fc_norm")
    else:
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


GELU = {
    "tanh": lambda x: F.gelu(x, approximate="tanh"),
    "exact": F.gelu,
    "quick": lambda x: x * torch.sigmoid(1.702 * x),
}


def make(case, tensors, size, stored=None, write=None, gelu="tanh", epsilon=1e-6):
    g = np.random.default_rng(len(case))
    images = draw(g, (IMAGES, 3, size, size), 1)
    t = {key: torch.tensor(value, dtype=torch.float64, requires_grad=True) for key, value in tensors.items()}
    # In float64: the golden numbers are exact beside float32's rounding.
    features, logits, taps = forward(t, torch.tensor(images, dtype=torch.float64), GELU[gelu], epsilon)
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


def safetensors(path, arrays):
    write_safetensors(path + ".safetensors", arrays)


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
make("vit-timm", weights, 16, timm(weights), safetensors, gelu="exact")
weights = mixer(12, 6, 20, 2, 4, 4, np.random.default_rng(7))
make("mixer-timm", weights, 16, timm(weights), safetensors, gelu="exact")
# Parts that only some networks have, each with the names that its files use.
# DINOv2 with registers as timm has it: no position for class token and registers.
weights = vit(12, 2, 20, 2, 4, 3, np.random.default_rng(8), registers=3, positioned="patches", scale=0.5)
make("dinov2-timm", weights, 12, timm(weights), safetensors, gelu="exact")
# The same family in its own files: a position for the class token, none for the registers; a token for masked patches; below a prefix, with a head beside it.
weights = vit(12, 2, 20, 2, 4, 3, np.random.default_rng(9), registers=4, positioned="class", scale=0.5)
own = {name.replace("reg_token", "register_tokens"): value for name, value in timm(weights).items() if not name.startswith("head.")}
own = {f"module.backbone.{name}": value for name, value in own.items()}
own["module.backbone.mask_token"] = np.zeros((1, 12), np.float32)
own["module.dino_head.mlp.0.weight"] = np.zeros((4, 12), np.float32)
make("dinov2-own", weights, 12, own, safetensors, gelu="exact")
# CLIP in timm: a normalization before the blocks, epsilon 1e-5, QuickGELU.
weights = vit(12, 2, 20, 2, 4, 3, np.random.default_rng(10), pre_norm=True)
make("clip-timm", weights, 12, timm(weights), safetensors, gelu="quick", epsilon=1e-5)
# Registers and no class token, normalized queries and keys, the normalized mean.
weights = vit(12, 3, 20, 2, 4, 3, np.random.default_rng(11), token=False, registers=2, positioned="patches", query_norm=True, mean_norm=True, scale=0.25)
make("reg-gap-timm", weights, 12, timm(weights), safetensors, gelu="exact")
# A position for every token, registers too.
weights = vit(12, 2, 20, 2, 4, 3, np.random.default_rng(12), registers=2)
make("reg-all-timm", weights, 12, timm(weights), safetensors, gelu="exact")
# A masked autoencoder after fine-tuning: the mean is normalized, though there is a class token; what is left of its decoder.
weights = vit(12, 2, 20, 2, 4, 3, np.random.default_rng(13), mean_norm=True)
make("mae-timm", weights, 12, {**timm(weights), "decoder_pos_embed": np.zeros((1, 10, 4), np.float32)}, safetensors, gelu="exact")
# DeiT III in its own files: the scales are gamma_1 and gamma_2; below a prefix, with an optimizer's state beside it.
weights = vit(12, 2, 20, 2, 4, 3, np.random.default_rng(14), positioned="patches", scale=0.5)
own = {"model." + name.replace("ls1.gamma", "gamma_1").replace("ls2.gamma", "gamma_2"): value for name, value in timm(weights).items()}
make("deit3", weights, 12, {**own, "optimizer.state.0.exp_avg": np.zeros((3,), np.float32)}, safetensors, gelu="exact")
# big_vision: positions at the top, of the patches alone; the optimizer's moments beside the parameters.
weights = vit(12, 2, 20, 2, 4, 3, np.random.default_rng(15), positioned="patches", scale=0.5)
own = {f"params/{key}": value for key, value in weights.items() if "posembed_input" not in key}
own["params/pos_embedding"] = weights["Transformer/posembed_input/pos_embedding"]
own["opt/0/mu/embedding/kernel"] = np.zeros_like(weights["embedding/kernel"])
make("big-vision", weights, 12, own, compressed)

"""Golden files of the text encoder: run by make.py.

bert/: a small BERT as published ones are downloaded (config.json, model.safetensors with the prefix `bert.` and a pooler, vocab.txt, tokenizer_config.json).
bert.npz: what PyTorch computes with it in float32: ids and mask [3, 12]; embeddings and layer1 to layer3 [3, 12, 24]; mean (over real tokens) and mean_all [3, 24];
gradient/NAME of sum(mean * weight), where weight [3, 24] is in the file; and layer3_float64, for the rounding of both sides.
The vocabulary is that of tokens.json.
"""
import json
import math
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F

import texts

FORM = {
    "hidden_act": "gelu", "hidden_size": 24, "intermediate_size": 40, "layer_norm_eps": 1e-12, "max_position_embeddings": 16, "model_type": "bert",
    "num_attention_heads": 3, "num_hidden_layers": 3, "type_vocab_size": 2, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
}


def shapes(vocabulary, width, hidden):
    yield from [("embeddings.word_embeddings.weight", (vocabulary, width)), ("embeddings.position_embeddings.weight", (FORM["max_position_embeddings"], width)),
                ("embeddings.token_type_embeddings.weight", (2, width)), ("embeddings.LayerNorm.weight", (width,)), ("embeddings.LayerNorm.bias", (width,))]
    for i in range(FORM["num_hidden_layers"]):
        layers = [("attention.self.query", width, width), ("attention.self.key", width, width), ("attention.self.value", width, width),
                  ("attention.output.dense", width, width), ("intermediate.dense", width, hidden), ("output.dense", hidden, width)]
        for name, inputs, outputs in layers:
            yield from [(f"encoder.layer.{i}.{name}.weight", (outputs, inputs)), (f"encoder.layer.{i}.{name}.bias", (outputs,))]
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            yield from [(f"encoder.layer.{i}.{name}.weight", (width,)), (f"encoder.layer.{i}.{name}.bias", (width,))]
    yield from [("pooler.dense.weight", (width, width)), ("pooler.dense.bias", (width,))]


def draw(random, name, shape):
    if len(shape) > 1:
        return random.normal(0, 1 if "embeddings" in name else 1.5 / math.sqrt(shape[1]), shape)
    return random.normal(1 if name.endswith("LayerNorm.weight") else 0, 0.2, shape)


def encoder(w, ids, mask):
    """Hidden states after the embeddings and after each layer, written out from arXiv:1810.04805."""
    def linear(x, name):
        return x @ w[name + ".weight"].T + w[name + ".bias"]

    def norm(x, name):
        return F.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"], FORM["layer_norm_eps"])

    e = "embeddings."
    x = w[e + "word_embeddings.weight"][ids] + w[e + "position_embeddings.weight"][:ids.shape[1]] + w[e + "token_type_embeddings.weight"][0]
    states = [norm(x, e + "LayerNorm")]
    heads, width = FORM["num_attention_heads"], FORM["hidden_size"] // FORM["num_attention_heads"]
    for i in range(FORM["num_hidden_layers"]):
        x, layer = states[-1], f"encoder.layer.{i}."
        parts = []
        for h in range(heads):
            q, k, v = (linear(x, f"{layer}attention.self.{name}")[..., h * width:(h + 1) * width] for name in ("query", "key", "value"))
            products = (q @ k.transpose(1, 2) / math.sqrt(width)).masked_fill(mask[:, None, :] == 0, torch.finfo(x.dtype).min)
            parts.append(products.softmax(-1) @ v)
        x = norm(x + linear(torch.cat(parts, -1), layer + "attention.output.dense"), layer + "attention.output.LayerNorm")
        states.append(norm(x + linear(F.gelu(linear(x, layer + "intermediate.dense")), layer + "output.dense"), layer + "output.LayerNorm"))
    return states


def write_safetensors(path, tensors):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, value in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + value.nbytes]}
        offset += value.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(value.tobytes() for value in tensors.values()))


def write():
    random = np.random.RandomState(0)
    vocabulary = texts.vocabulary()
    weights = {name: draw(random, name, shape).astype(np.float32) for name, shape in shapes(len(vocabulary), FORM["hidden_size"], FORM["intermediate_size"])}
    os.makedirs("bert", exist_ok=True)
    with open("bert/config.json", "w") as file:
        file.write(json.dumps({**FORM, "vocab_size": len(vocabulary)}, indent=2) + "\n")
    with open("bert/tokenizer_config.json", "w") as file:
        file.write('{"do_lower_case": true}\n')
    with open("bert/vocab.txt", "w", encoding="utf-8") as file:
        file.write("".join(token + "\n" for token in vocabulary))
    write_safetensors("bert/model.safetensors", {"bert." + name: value for name, value in weights.items()})

    ids = random.randint(6, len(vocabulary), (3, 12))
    mask = np.array([[1] * 12, [1] * 5 + [0] * 7, [1] * 2 + [0] * 10])
    ids[mask == 0] = vocabulary.index("[PAD]")
    chosen = random.normal(0, 1, (3, FORM["hidden_size"])).astype(np.float32)
    w = {name: torch.tensor(value, requires_grad=True) for name, value in weights.items()}
    states = encoder(w, torch.tensor(ids), torch.tensor(mask))
    m = torch.tensor(mask, dtype=torch.float32)[:, :, None]
    mean = (states[-1] * m).sum(1) / m.sum(1)
    (mean * torch.tensor(chosen)).sum().backward()
    exact = encoder({name: torch.tensor(value, dtype=torch.float64) for name, value in weights.items()}, torch.tensor(ids), torch.tensor(mask))
    arrays = {"ids": ids, "mask": mask, "weight": chosen, "mean": mean, "mean_all": states[-1].mean(1), "embeddings": states[0], "layer3_float64": exact[-1]}
    arrays.update({f"layer{i}": state for i, state in enumerate(states) if i})
    arrays.update({f"gradient/{name}": value.grad for name, value in w.items() if value.grad is not None and ("layer.1" in name or "embeddings" in name)})
    np.savez("bert.npz", **{name: value.detach().numpy() if isinstance(value, torch.Tensor) else value for name, value in arrays.items()})

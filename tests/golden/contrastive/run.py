"""Golden files of whole trainings: run by make.py. The image encoder is that of ../pretrained/hybrid-root.npz, the text encoder that of bert/.

run/: captioned pictures in COCO's layout, 8 of 24x24 with two captions each, as the split train and (the last 6 of them) the split test, and init.safetensors:
weights of both encoders and of heads of width 8, with the names of a run.
run.npz: for each case of CASES six steps of batches of 4 in stored order with the first captions, in float64:
CASE/objective [6]   the loss of each step, under SAM that at w + e, with the penalty where there is one
CASE/NAME            every tensor afterwards, thinned out evenly to at most 64 numbers
CASE/test.*          on the split test afterwards: loss, imagewise, textwise (one batch of 4), image_rank and text_rank at 0.99, 0.95, 0.9, 0.85, and over the
                     whole split image_to_text and text_to_image, recall at 1, 5 and 10
layers/*             what the published evaluation finds of init.safetensors on the split test, written from its description: TAP [6, P], the features;
                     TAP/rank at 0.99, 0.95, 0.9, 0.85; layerN/activity: threshold, shares of hidden and output activations above it, shares of units active on
                     more than 10 %, 1 % and none of the pictures, correlated units; kernel/NAME, ranks of MLP kernels at 0.99
"""
import json
import math
import os
import struct
import sys
import zlib

import numpy as np
import torch
import torch.nn.functional as F

import bert
import loss as contrast
import texts
import wordpiece

sys.path.insert(0, "../pretrained")
import networks  # noqa: E402

PICTURES, SIDE, BATCH, EPOCHS, LENGTH, PROJECTION, RATE, TEMPERATURE = 8, 24, 4, 3, 16, 8, 1e-3, 0.05
CASES = {
    "adam": {},
    "sam": {"rho": 0.1},
    "squared_norm": {"penalty": 0.02, "squared": True},
    "norm": {"penalty": 0.05, "squared": False},
    "published": {"rho": 0.05, "published": True},
}
CAPTIONS = ["a dog runs over the grass", "two dogs", "the lazy fox's tail", "Café in the light", "\"hello\" world", "quick brown fox", "waving hand: light skin tone", "grass, and a \\ dog"]


def write_png(path, pixels):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 2, 0, 0, 0))
                   + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def read_weights(random):
    weights = {}
    with np.load("../pretrained/hybrid-root.npz") as file:
        newer = {"MultiHeadDotProductAttention_1": "MultiHeadDotProductAttention_0", "LayerNorm_2": "LayerNorm_1", "MlpBlock_3": "MlpBlock_0"}
        for name in file.files:
            if name.startswith("head/"):
                continue
            value = file[name].reshape(-1) if name.startswith("gn_") else file[name]
            weights["image." + "/".join(newer.get(part, part) for part in name.split("/"))] = value
    vocabulary = texts.vocabulary()
    for name, shape in bert.shapes(len(vocabulary), bert.FORM["hidden_size"], bert.FORM["intermediate_size"]):
        if not name.startswith("pooler"):
            weights["text." + name] = bert.draw(random, name, shape)
    for side, width in (("image_head", 12), ("text_head", bert.FORM["hidden_size"])):
        weights[side + ".weight"] = random.normal(0, 1 / math.sqrt(width), (PROJECTION, width))
        weights[side + ".bias"] = random.normal(0, 0.1, PROJECTION)
    return {name: value.astype(np.float32) for name, value in weights.items()}


def tokens(captions, as_bytes):
    vocabulary = texts.vocabulary()
    place = {token: i for i, token in enumerate(vocabulary)}
    ids, mask = np.zeros((len(captions), LENGTH), int), np.zeros((len(captions), LENGTH), int)
    for i, caption in enumerate(captions):
        pieces = wordpiece.tokens(repr(caption.encode()) if as_bytes else caption, place, uncased=True)
        sequence = ["[CLS]"] + pieces[:LENGTH - 2] + ["[SEP]"]
        ids[i, :len(sequence)], mask[i, :len(sequence)] = [place[token] for token in sequence], 1
    return torch.tensor(ids), torch.tensor(mask)


def part(w, prefix):
    return {name[len(prefix):]: value for name, value in w.items() if name.startswith(prefix)}


def embed(w, pictures, captions, published):
    x = torch.tensor(pictures / 255.0).permute(0, 3, 1, 2)
    image = dict(part(w, "image."))
    image["head/kernel"], image["head/bias"] = torch.zeros(12, 1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    features, _, _ = networks.forward(image, x if published else 2 * x - 1, lambda v: F.gelu(v, approximate="tanh"))
    ids, mask = tokens(captions, published)
    state = bert.encoder(part(w, "text."), ids, mask)[-1]
    m = torch.ones_like(mask) if published else mask
    mean = (state * m[:, :, None]).sum(1) / m.sum(1, keepdim=True)
    rows = [features @ w["image_head.weight"].T + w["image_head.bias"], mean @ w["text_head.weight"].T + w["text_head.bias"]]
    return [row / row.norm(dim=1, keepdim=True) for row in rows]


def gradients(value, w, graph=False):
    found = torch.autograd.grad(value, list(w.values()), create_graph=graph, allow_unused=True)
    return {name: torch.zeros_like(w[name]) if g is None else g for name, g in zip(w, found)}


def train(weights, pictures, rho=0.0, penalty=0.0, squared=True, published=False):
    w = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in weights.items()}
    mean, square = ({name: torch.zeros_like(value) for name, value in w.items()} for _ in range(2))
    objectives, steps = [], EPOCHS * PICTURES // BATCH
    for step in range(steps):
        at = step % (PICTURES // BATCH) * BATCH
        batch = slice(at, at + BATCH)

        def objective(point):
            value = contrast.loss(*embed(point, pictures[batch], CAPTIONS[batch], published), TEMPERATURE)
            if penalty:
                total = sum((g * g).sum() for g in gradients(value, point, graph=True).values())
                value = value + penalty * (total if squared else total.sqrt())
            return value

        value = objective(w)
        g = gradients(value, w)
        if rho:
            length = math.sqrt(sum((v * v).sum().item() for v in g.values()))
            point = {name: (w[name] + rho * g[name] / length).detach().requires_grad_() for name in w}
            value = objective(point)
            g = gradients(value, point)
        objectives.append(value.item())
        for name in w:
            if published:
                move = RATE * g[name] / (g[name].abs() + 1e-8)
            else:
                mean[name] = 0.9 * mean[name] + 0.1 * g[name]
                square[name] = 0.999 * square[name] + 0.001 * g[name] ** 2
                rate = RATE * 0.5 * (1 + math.cos(math.pi * step / steps))
                move = rate * mean[name] / (1 - 0.9 ** (step + 1)) / ((square[name] / (1 - 0.999 ** (step + 1))).sqrt() + 1e-8)
            w[name] = (w[name] - move).detach().requires_grad_()
    return w, objectives


def rank(rows, share):
    rows = rows - rows.mean(1, keepdims=True)
    explained = np.cumsum(np.linalg.svd(rows, compute_uv=False) ** 2)
    return int((explained <= share * explained[-1]).sum()) + 1


def evaluate(w, pictures, published):
    with torch.no_grad():
        images, found = embed(w, pictures, CAPTIONS[2:], published)
        batch = images[:BATCH], found[:BATCH]
        similar = (batch[0] @ batch[1].T).numpy()
        out = {"loss": contrast.loss(*batch, TEMPERATURE).item(), "textwise": (similar.argmax(1) == np.arange(BATCH)).mean(), "imagewise": (similar.argmax(0) == np.arange(BATCH)).mean()}
        for side, rows in zip(("image", "text"), batch):
            out[f"{side}_rank"] = [rank(rows.numpy(), share) for share in (0.99, 0.95, 0.9, 0.85)]
        whole = (images @ found.T).numpy()
        for side, matrix in (("image_to_text", whole), ("text_to_image", whole.T)):
            places = [(row > row[i]).sum() for i, row in enumerate(matrix)]
            out[side] = [np.mean([place < k for place in places]) for k in (1, 5, 10)]
        return out


def correlated(rows):
    with np.errstate(invalid="ignore", divide="ignore"):
        c = np.corrcoef(rows.T) - np.eye(rows.shape[1])
    i = count = 0
    while i < len(c):
        if (np.abs(c[i]) > 0.95).any():
            c, count = np.delete(np.delete(c, i, 0), i, 1), count + 1
        else:
            i += 1
    return count


def look(weights, pictures, captions):
    """Features at every tap, and what follows from them."""
    with torch.no_grad():
        w = {name: torch.tensor(value, dtype=torch.float64) for name, value in weights.items()}
        image = dict(part(w, "image."))
        image["head/kernel"], image["head/bias"] = torch.zeros(12, 1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
        x = 2 * torch.tensor(pictures / 255.0).permute(0, 3, 1, 2) - 1
        features, _, taps = networks.forward(image, x, lambda v: F.gelu(v, approximate="tanh"))
        found = {f"image.layer{i}.{place}": value[:, 0] for i, places in enumerate(taps, 1) for place, value in places.items()}
        found["image.prehead"] = features
        ids, mask = tokens(captions, False)
        m = mask[:, :, None].double()
        for i, state in enumerate(bert.encoder(part(w, "text."), ids, mask)):
            if i:
                found[f"text.layer{i}.res"] = found["text.pooled"] = (state * m).sum(1) / m.sum(1)
        found["image.embedding"], found["text.embedding"] = embed(w, pictures, captions, False)
    arrays = {name: value.numpy() for name, value in found.items()}
    out = {f"layers/{name}": value for name, value in arrays.items()}
    out.update({f"layers/{name}/rank": np.array([rank(value, share) for share in (0.99, 0.95, 0.9, 0.85)], float) for name, value in arrays.items()})
    for i in range(1, len(taps) + 1):
        gelu, mlp = arrays[f"image.layer{i}.gelu"], arrays[f"image.layer{i}.mlp"]
        tau, n = gelu.max() / 10, len(gelu)
        units = (gelu > tau).sum(0)
        out[f"layers/layer{i}/activity"] = np.array([tau, (gelu > tau).mean(), (mlp > tau).mean(), (units > n / 10).mean(), (units > n / 100).mean(), (units > 0).mean(), correlated(gelu)])
    out["layers/correlated_embeddings"] = np.array(float(correlated(arrays["image.embedding"])))
    out.update({f"layers/kernel/{name}": np.array(float(rank(value.astype(np.float64), 0.99))) for name, value in weights.items() if "MlpBlock" in name and name.endswith("kernel")})
    return out


def write():
    random = np.random.RandomState(2)
    os.makedirs("run/annotations", exist_ok=True)
    os.makedirs("run/images", exist_ok=True)
    pictures = np.repeat(np.repeat(random.randint(0, 256, (PICTURES, SIDE // 4, SIDE // 4, 3)), 4, 1), 4, 2).astype(np.uint8)
    for i, picture in enumerate(pictures):
        write_png(f"run/images/{i}.png", picture)
    for split, chosen in (("train", range(PICTURES)), ("test", range(2, PICTURES))):
        document = {
            "info": {}, "licenses": [], "images": [{"id": i, "file_name": f"{i}.png", "width": SIDE, "height": SIDE} for i in chosen],
            "annotations": [{"id": 10 * i + k, "image_id": i, "caption": text} for i in chosen for k, text in enumerate((CAPTIONS[i], "another one"))],
        }
        with open(f"run/annotations/captions_{split}.json", "w") as file:
            file.write(json.dumps(document) + "\n")
    weights = read_weights(random)
    bert.write_safetensors("run/init.safetensors", weights)
    arrays = {}
    for case, options in CASES.items():
        w, objectives = train(weights, pictures, **options)
        arrays[f"{case}/objective"] = np.array(objectives)
        for name, value in w.items():
            flat = value.detach().numpy().reshape(-1)
            arrays[f"{case}/{name}"] = flat[::-(-len(flat) // 64)]
        arrays.update({f"{case}/test.{name}": np.array(value, float) for name, value in evaluate(w, pictures[2:], options.get("published", False)).items()})
        print(case, objectives)
    arrays.update(look(weights, pictures[2:], CAPTIONS[2:]))
    np.savez_compressed("run.npz", **arrays)

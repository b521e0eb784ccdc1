"""Features of ViT-B/16 at 224 pixels: `sharpless pretrained-rank` beside plain PyTorch eager in float32, on the same machine in one run.

    OMP_NUM_THREADS=2 /usr/bin/python3 bench/pretrained.py --sharpless artifacts/program/Sharpless.Cli [--images 256] [--pairs 3]

Ours: the whole command (--precision auto) on JPEG files, decoding and all seven taps of block 12 included; its own images per second, which leave out the start
of the process but neither loading, decoding nor the spectra. --decoded writes PNG files of 224x224 instead, which take little decoding: the difference shows
whether decoding hides behind the model. The reference: the same network with the same weights in torch.nn.functional, float32, batches of 32 ready in memory,
nothing decoded and no rank taken. Weights are random in the shapes of the published file (ViT-B_16.npz); the file is written once into --work. Ours and the
reference alternate, each in a process of its own.
"""
import argparse
import io
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTH, HEADS, HIDDEN, LAYERS, PATCH, SIDE = 768, 12, 3072, 12, 16, 224


def checkpoint(path):
    g = np.random.default_rng(0)

    def normal(*shape, scale):
        return (scale * g.standard_normal(shape, dtype=np.float32))

    t = {"embedding/kernel": normal(PATCH, PATCH, 3, WIDTH, scale=0.03), "embedding/bias": np.zeros(WIDTH, np.float32), "cls": normal(1, 1, WIDTH, scale=0.02),
         "Transformer/posembed_input/pos_embedding": normal(1, (SIDE // PATCH) ** 2 + 1, WIDTH, scale=0.02)}
    for i in range(LAYERS):
        at = f"Transformer/encoderblock_{i}"
        for norm in ("LayerNorm_0", "LayerNorm_2"):
            t[f"{at}/{norm}/scale"], t[f"{at}/{norm}/bias"] = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)
        for name in ("query", "key", "value"):
            t[f"{at}/MultiHeadDotProductAttention_1/{name}/kernel"] = normal(WIDTH, HEADS, WIDTH // HEADS, scale=0.03)
            t[f"{at}/MultiHeadDotProductAttention_1/{name}/bias"] = np.zeros((HEADS, WIDTH // HEADS), np.float32)
        t[f"{at}/MultiHeadDotProductAttention_1/out/kernel"] = normal(HEADS, WIDTH // HEADS, WIDTH, scale=0.03)
        t[f"{at}/MultiHeadDotProductAttention_1/out/bias"] = np.zeros(WIDTH, np.float32)
        for name, a, b in (("Dense_0", WIDTH, HIDDEN), ("Dense_1", HIDDEN, WIDTH)):
            t[f"{at}/MlpBlock_3/{name}/kernel"], t[f"{at}/MlpBlock_3/{name}/bias"] = normal(a, b, scale=0.03), np.zeros(b, np.float32)
    t["Transformer/encoder_norm/scale"], t["Transformer/encoder_norm/bias"] = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)
    t["head/kernel"], t["head/bias"] = normal(WIDTH, 1000, scale=0.03), np.zeros(1000, np.float32)
    np.savez(path, **t)


def png(pixels):
    rows = np.concatenate([np.zeros((pixels.shape[0], 1), np.uint8), pixels.reshape(pixels.shape[0], -1)], 1)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes(), 0)) + chunk(b"IEND", b"")


def pictures(folder, count, decoded):
    """Smooth random pictures: PNG at the network's size, or JPEG of 500x375, as long as ImageNet's are on average."""
    os.makedirs(folder)
    g = np.random.default_rng(1)
    width, height = (SIDE, SIDE) if decoded else (500, 375)
    for i in range(count):
        coarse = g.integers(0, 256, (height // 25 + 2, width // 25 + 2, 3)).astype(np.float32)
        y, x = np.arange(height) / 25, np.arange(width) / 25
        y0, x0 = y.astype(int), x.astype(int)
        fy, fx = (y - y0)[:, None, None], (x - x0)[None, :, None]
        smooth = (coarse[y0][:, x0] * (1 - fy) * (1 - fx) + coarse[y0 + 1][:, x0] * fy * (1 - fx) + coarse[y0][:, x0 + 1] * (1 - fy) * fx + coarse[y0 + 1][:, x0 + 1] * fy * fx)
        pixels = np.clip(smooth + g.normal(0, 8, smooth.shape), 0, 255).astype(np.uint8)
        if decoded:
            with open(os.path.join(folder, f"{i:05}.png"), "wb") as file:
                file.write(png(pixels))
        else:
            from PIL import Image
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "JPEG", quality=92)
            with open(os.path.join(folder, f"{i:05}.jpg"), "wb") as file:
                file.write(buffer.getvalue())


def eager(path, images):
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(2)
    with np.load(path) as file:
        t = {key: torch.from_numpy(file[key]) for key in file.files}
    kernel = t["embedding/kernel"].permute(3, 2, 0, 1).contiguous()
    # As usual in PyTorch: [outputs, inputs], query, key and value in one.
    blocks = []
    for i in range(LAYERS):
        at = f"Transformer/encoderblock_{i}"
        a, m = f"{at}/MultiHeadDotProductAttention_1", f"{at}/MlpBlock_3"
        blocks.append({
            "n0": (t[f"{at}/LayerNorm_0/scale"], t[f"{at}/LayerNorm_0/bias"]), "n1": (t[f"{at}/LayerNorm_2/scale"], t[f"{at}/LayerNorm_2/bias"]),
            "qkv": (torch.cat([t[f"{a}/{x}/kernel"].reshape(WIDTH, WIDTH).T for x in ("query", "key", "value")]).contiguous(),
                    torch.cat([t[f"{a}/{x}/bias"].reshape(-1) for x in ("query", "key", "value")])),
            "out": (t[f"{a}/out/kernel"].reshape(WIDTH, WIDTH).T.contiguous(), t[f"{a}/out/bias"]),
            "fc1": (t[f"{m}/Dense_0/kernel"].T.contiguous(), t[f"{m}/Dense_0/bias"]), "fc2": (t[f"{m}/Dense_1/kernel"].T.contiguous(), t[f"{m}/Dense_1/bias"]),
        })
    batch = torch.rand(32, 3, SIDE, SIDE) * 2 - 1

    def forward(x):
        x = F.conv2d(x, kernel, t["embedding/bias"], stride=PATCH).flatten(2).transpose(1, 2)
        x = torch.cat([t["cls"].expand(len(x), -1, -1), x], 1) + t["Transformer/posembed_input/pos_embedding"]
        for b in blocks:
            y = F.linear(F.layer_norm(x, (WIDTH,), *b["n0"], 1e-6), *b["qkv"])
            q, k, v = y.reshape(len(x), -1, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
            y = torch.softmax(q @ k.transpose(-2, -1) * (WIDTH // HEADS) ** -0.5, -1) @ v
            x = x + F.linear(y.transpose(1, 2).reshape(len(x), -1, WIDTH), *b["out"])
            x = x + F.linear(F.gelu(F.linear(F.layer_norm(x, (WIDTH,), *b["n1"], 1e-6), *b["fc1"]), approximate="tanh"), *b["fc2"])
        return x

    with torch.no_grad():
        forward(batch)
        done, started = 0, time.perf_counter()
        while done < images:
            forward(batch)
            done += len(batch)
    print(done / (time.perf_counter() - started))


def ours(program, path, folder, images):
    command = [program, "pretrained-rank", "--model-path", path, "--data", folder, "--bs", "32", "--n-eval-batches", str(images // 32), "--json", "--threads", "2"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return result["images_per_second"], result["precision"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sharpless", default=os.path.join(HERE, "..", "artifacts", "program", "Sharpless.Cli"))
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--decoded", action="store_true")
    parser.add_argument("--work", default=tempfile.gettempdir())
    parser.add_argument("--eager", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.eager:
        eager(arguments.eager, arguments.images)
        return
    path = os.path.join(arguments.work, "sharpless-bench-ViT-B_16.npz")
    if not os.path.exists(path):
        checkpoint(path)
    folder = os.path.join(arguments.work, f"sharpless-bench-pictures-{arguments.images}{'-png' if arguments.decoded else ''}")
    if not os.path.exists(folder):
        pictures(folder, arguments.images, arguments.decoded)
    ratios = []
    for pair in range(arguments.pairs):
        mine, precision = ours(arguments.sharpless, path, folder, arguments.images)
        theirs = float(subprocess.run([sys.executable, os.path.abspath(__file__), "--eager", path, "--images", str(arguments.images)], check=True, capture_output=True, text=True).stdout)
        ratios.append(mine / theirs)
        print(f"pair {pair + 1}: ours {mine:.2f} images/s ({precision}), eager float32 {theirs:.2f} images/s, ratio {ratios[-1]:.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}")


main()

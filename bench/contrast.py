"""One SAM step of image-text training: ours beside the same model in plain PyTorch eager, on the same machine in one run.

    /usr/bin/python3 bench/contrast.py [--sizes tiny,published] [--pairs 3] [--rho 0.1] [--padded]

tiny is `sharpless contrast --preset tiny` (batches of 128, pictures of 64x64), published is R+ViT-Ti/16 at 384x384 with BERT-base (batches of 16). The reference
is the usual way: float32, SAM tensor by tensor with a copy of each weight, torch.optim.Adam, PyTorch 1.13.1 (Debian's python3-torch), OMP_NUM_THREADS=2; its
batch lies in memory, and its texts are as long as the longest of the batch, as ours are (--padded: 32 tokens always, as published). Ours is the whole program in
bfloat16 (what --precision auto takes here), with waiting for decoded pictures and tokenizing included. Each pair runs one after the other, in its own process.
Build first:  dotnet build src/Sharpless.Cli -c Release
"""
import argparse
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
OURS = os.path.join(HERE, "..", "artifacts", "bin", "Sharpless.Cli", "release", "Sharpless.Cli.dll")
WORDS = "a dog cat red blue green small large house tree car bird runs over under the on with and face".split()
# batch, steps, side, stem, width, heads, hidden, layers, patch; width, heads, hidden, layers of the text; width of the embeddings
SIZES = {
    "tiny": (128, 50, 64, 32, 128, 4, 512, 4, 4, 128, 4, 512, 2, 128),
    "published": (16, 6, 384, 64, 192, 3, 768, 12, 8, 768, 12, 3072, 12, 768),
}


def write_pictures(folder, count, side):
    import numpy as np

    random = np.random.RandomState(0)
    for name in ("images", "annotations"):
        os.makedirs(os.path.join(folder, name))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    images, annotations = [], []
    for i in range(count):
        pixels = np.repeat(np.repeat(random.randint(0, 256, (16, 16, 3)), side // 16, 0), side // 16, 1).astype(np.uint8)
        rows = b"".join(b"\0" + row.tobytes() for row in pixels)
        with open(os.path.join(folder, "images", f"{i}.png"), "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
        images.append({"id": i, "file_name": f"{i}.png", "width": side, "height": side})
        annotations.append({"id": i, "image_id": i, "caption": " ".join(random.choice(WORDS, random.randint(3, 9)))})
    for split, most in (("train", count), ("test", count // 2)):
        with open(os.path.join(folder, "annotations", f"captions_{split}.json"), "w") as file:
            json.dump({"images": images[:most], "annotations": annotations[:most]}, file)


def eager(size, rho, padded):
    import torch
    import torch.nn as nn
    import torch.nn.functional as F

    batch, steps, side, stem, width, heads, hidden, layers, patch, text_width, text_heads, text_hidden, text_layers, projection = SIZES[size]
    torch.set_num_threads(2)
    torch.manual_seed(0)

    def attend(q, k, v, heads, mask=None):
        q, k, v = (x.view(*x.shape[:2], heads, -1).transpose(1, 2) for x in (q, k, v))
        products = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5
        return ((products if mask is None else products + mask).softmax(-1) @ v).transpose(1, 2).flatten(2)

    class Attention(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.q, self.k, self.v, self.o, self.heads = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width), heads

        def forward(self, x, mask=None):
            return self.o(attend(self.q(x), self.k(x), self.v(x), self.heads, mask))

    class Block(nn.Module):
        def __init__(self, width, heads, hidden, epsilon, is_image):
            super().__init__()
            self.attention, self.first, self.second = Attention(width, heads), nn.Linear(width, hidden), nn.Linear(hidden, width)
            self.norm1, self.norm2, self.is_image = nn.LayerNorm(width, epsilon), nn.LayerNorm(width, epsilon), is_image

        def forward(self, x, mask=None):
            if self.is_image:
                x = x + self.attention(self.norm1(x))
                return x + self.second(F.gelu(self.first(self.norm2(x)), approximate="tanh"))
            x = self.norm1(x + self.attention(x, mask))
            return self.norm2(x + self.second(F.gelu(self.first(x))))

    class Pair(nn.Module):
        def __init__(self):
            super().__init__()
            self.root, self.root_norm = nn.Conv2d(3, stem, 7, 2, bias=False), nn.GroupNorm(32, stem, 1e-6)
            self.embedding = nn.Conv2d(stem, width, patch, patch)
            self.cls = nn.Parameter(torch.zeros(1, 1, width))
            self.positions = nn.Parameter(0.02 * torch.randn(1, (side // 4 // patch) ** 2 + 1, width))
            self.blocks = nn.ModuleList(Block(width, heads, hidden, 1e-6, True) for _ in range(layers))
            self.norm = nn.LayerNorm(width, 1e-6)
            vocabulary = 28996 if size == "published" else 500
            self.words, self.places, self.kinds = nn.Embedding(vocabulary, text_width), nn.Embedding(512, text_width), nn.Embedding(2, text_width)
            self.text_norm = nn.LayerNorm(text_width, 1e-12)
            self.layers = nn.ModuleList(Block(text_width, text_heads, text_hidden, 1e-12, False) for _ in range(text_layers))
            self.image_head, self.text_head = nn.Linear(width, projection), nn.Linear(text_width, projection)

        def forward(self, images, ids, mask):
            w = self.root.weight
            w = (w - w.mean((1, 2, 3), keepdim=True)) / (w.var((1, 2, 3), unbiased=False, keepdim=True).sqrt() + 1e-5)
            x = F.relu(self.root_norm(F.conv2d(F.pad(images, (2, 3, 2, 3)), w, stride=2)))
            x = F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=-float("inf")), 3, 2)
            x = self.embedding(x).flatten(2).transpose(1, 2)
            x = torch.cat([self.cls.expand(len(x), -1, -1), x], 1) + self.positions
            for block in self.blocks:
                x = block(x)
            image = F.normalize(self.image_head(self.norm(x[:, 0])), dim=1)
            t = self.text_norm(self.words(ids) + self.places.weight[:ids.shape[1]] + self.kinds.weight[0])
            hide = torch.zeros(mask.shape).masked_fill(mask == 0, torch.finfo(torch.float32).min)[:, None, None, :]
            for layer in self.layers:
                t = layer(t, hide)
            m = mask[:, :, None].float()
            return image, F.normalize(self.text_head((t * m).sum(1) / m.sum(1)), dim=1)

    model = Pair()
    parameters = list(model.parameters())
    optimizer = torch.optim.Adam(parameters, 1e-4)
    lengths = torch.randint(5, 11, (batch,))
    length = 32 if padded else int(lengths.max())
    mask = (torch.arange(length)[None] < lengths[:, None]).long()
    images, ids = 2 * torch.rand(batch, 3, side, side) - 1, torch.randint(5, 30, (batch, length)) * mask

    def loss():
        x, t = model(images, ids, mask)
        logits = x @ t.T / 0.05
        return -0.5 * ((1e-20 + logits.softmax(1).diagonal()).log() + (1e-20 + logits.softmax(0).diagonal()).log()).mean()

    started = time.perf_counter()
    for _ in range(steps):
        optimizer.zero_grad()
        loss().backward()
        if rho:
            with torch.no_grad():
                given = [p for p in parameters if p.grad is not None]
                norm = torch.norm(torch.stack([p.grad.norm() for p in given]))
                before = [p.data.clone() for p in given]
                for p in given:
                    p.add_(p.grad * (rho / (norm + 1e-12)))
            optimizer.zero_grad()
            loss().backward()
            for p, w in zip(given, before):
                p.data = w
        optimizer.step()
    print(steps / (time.perf_counter() - started))


def ours(size, rho, folder, run, precision):
    batch, steps, side = SIZES[size][:3]
    options = ["--preset", "tiny"] if size == "tiny" else ["--random-init-image", "--random-init-text", "--lr", "1e-4"]
    output = subprocess.run(
        ["dotnet", OURS, "contrast", *options, "--data", folder, "--bs", str(batch), "--epochs", "1", "--rho", str(rho), "--n-eval-batches", "1", "--eval-every", "100000",
         "--precision", precision, "--threads", "2", "--out", run, "--json"], check=True, capture_output=True, text=True).stdout
    return json.loads(output)["steps_per_second"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default="tiny,published")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--rho", type=float, default=0.1)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--padded", action="store_true")
    options = parser.parse_args()
    for size in options.sizes.split(","):
        with tempfile.TemporaryDirectory() as scratch:
            pictures = os.path.join(scratch, "pictures")
            write_pictures(pictures, SIZES[size][0] * SIZES[size][1], SIZES[size][2])
            rows = []
            for pair in range(options.pairs):
                command = [sys.executable, os.path.abspath(__file__), "--eager", size, str(options.rho), str(int(options.padded))]
                theirs = float(subprocess.run(command, env=dict(os.environ, OMP_NUM_THREADS="2"), check=True, capture_output=True, text=True).stdout)
                rows.append((theirs, ours(size, options.rho, pictures, os.path.join(scratch, f"run{pair}"), options.precision)))
                print(f"{size}: eager {rows[-1][0]:.3f} steps/s, ours {rows[-1][1]:.3f}, ratio {rows[-1][1] / rows[-1][0]:.2f}", flush=True)
            ratios = sorted(mine / theirs for theirs, mine in rows)
            print(f"{size}: {len(rows)} pairs; ratio median {statistics.median(ratios):.2f}, from {ratios[0]:.2f} to {ratios[-1]:.2f}", flush=True)


if len(sys.argv) > 1 and sys.argv[1] == "--eager":
    eager(sys.argv[2], float(sys.argv[3]), sys.argv[4] == "1")
else:
    main()

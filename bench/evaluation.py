"""One full evaluation of a training run: feature rank and nearest-neighbour error at three taps of ResNet-18, ours beside the published way.

    OMP_NUM_THREADS=2 /usr/bin/python3 bench/evaluation.py [--width 64] [--examples 10240] [--queries 10000] [--sharpless ./sharpless]

The published way (arXiv:2305.16292), in float32 PyTorch: for each tap its own forward pass over the neighbours, the queries and the examples
of the rank; all distances sorted in full; the singular values of the whole feature matrix. Ours is `sharpless train --epochs 0`, whose only work
is that evaluation, timed from the start of its process, reading the data included; --precision as given (auto: bfloat16 where the processor has
it; fp32 gives equal features). Both have the same weights and the same images; the ranks and errors of both are printed.
Needs Debian's python3-torch (PyTorch 1.13.1 with OpenBLAS). At the default size the published way takes a quarter of an hour on two cores.
"""
import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "golden" / "parity"))
from resnet import ResNet  # noqa: E402

TAPS, CLASSES, BATCH, K = ["block3", "block4", "block5"], 10, 512, 10

parser = argparse.ArgumentParser()
parser.add_argument("--width", type=int, default=64)
parser.add_argument("--examples", type=int, default=10240)
parser.add_argument("--queries", type=int, default=10000)
parser.add_argument("--precision", default="auto")
parser.add_argument("--sharpless", default=str(ROOT / "sharpless"))
arguments = parser.parse_args()
threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count()))
torch.set_num_threads(threads)


def pictures(count, generator):
    """Blurred noise around a pattern for each class: neither noise alone nor trivial for neighbours."""
    labels = generator.integers(0, CLASSES, count)
    patterns = np.random.default_rng(1).normal(0, 30, (CLASSES, 3, 32, 32))
    noise = generator.normal(0, 60, (count, 3, 32, 32))
    noise = (noise + np.roll(noise, 1, 2) + np.roll(noise, 1, 3) + np.roll(noise, (1, 1), (2, 3))) / 2
    return (patterns[labels] + noise + 128).clip(0, 255).astype(np.uint8), labels.astype(np.int64)


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        raw = tensor.contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    raw = path.read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + size])
    header.pop("__metadata__", None)
    begin = 8 + size
    return {name: torch.from_numpy(np.frombuffer(raw[begin + item["data_offsets"][0]:begin + item["data_offsets"][1]], "<f4").reshape(item["shape"]).copy())
            for name, item in header.items()}


@torch.no_grad()
def features(model, images, tap):
    """All features at one tap, by a pass of their own."""
    blocks = []
    for start in range(0, len(images), BATCH):
        taps = {}
        model(torch.from_numpy(images[start:start + BATCH]).float() / 255, taps)
        blocks.append(taps[tap].flatten(1))
    return torch.cat(blocks)


def neighbour_error(train, train_labels, test, test_labels):
    train, test = train / train.norm(dim=1, keepdim=True), test / test.norm(dim=1, keepdim=True)
    order = (1 - test @ train.T).argsort(dim=1)[:, :K]
    votes = torch.from_numpy(train_labels)[order].mode(dim=1).values
    return (votes.numpy() != test_labels).mean().item()


def rank(matrix):
    values = torch.linalg.svdvals(matrix - matrix.mean(dim=1, keepdim=True))
    squares = values.double() ** 2
    return int((squares.cumsum(0) <= 0.99 * squares.sum()).sum()) + 1


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    generator = np.random.default_rng(0)
    spare = arguments.examples // 500 + 1  # one in a thousand goes to validation
    x, y = pictures(arguments.examples + spare, generator)
    queries, query_labels = pictures(arguments.queries, generator)
    np.savez(folder / "data.npz", x_train=x, y_train=y, x_test=queries, y_test=query_labels)
    held_out = np.random.RandomState(0).permutation(len(x))[:int(0.001 * len(x))] if len(x) >= 1000 else []
    kept = np.delete(np.arange(len(x)), held_out)[:arguments.examples]

    torch.manual_seed(0)
    model = ResNet(arguments.width, 3, CLASSES)
    model.train()
    with torch.no_grad():  # running statistics that fit the images
        for start in range(0, min(len(x), 8 * BATCH), BATCH):
            model(torch.from_numpy(x[start:start + BATCH]).float() / 255)
    model.eval()
    write_safetensors(folder / "weights.safetensors", {key: value for key, value in model.state_dict().items() if value.is_floating_point()})

    command = [
        arguments.sharpless, "train", "--dataset", f"npz:{folder / 'data.npz'}", "--model", "resnet18", "--model-width", str(arguments.width), "--epochs", "0",
        "--init", str(folder / "weights.safetensors"), "--compute-feature-rank", "--taps", ",".join(TAPS), "--n-analysis", str(arguments.examples), "--n-final-eval", "-1",
        "--precision", arguments.precision, "--out", str(folder / "run"), "--threads", str(threads), "--json"]
    start = time.perf_counter()
    final = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["final"]
    ours = time.perf_counter() - start
    print(f"ours ({arguments.precision}, {threads} threads): {ours:.1f} s; rank {final['feature_rank']}, kNN error {final['knn_error']}", flush=True)

    # A run looks at one batch before its first evaluation, which moves the running statistics: the reference takes them over.
    model.load_state_dict(read_safetensors(folder / "run" / "weights.safetensors"), strict=False)
    ranks, errors, seconds = {}, {}, {"forward": 0.0, "neighbours": 0.0, "singular values": 0.0}

    def timed(part, function, *values):
        begin = time.perf_counter()
        result = function(*values)
        seconds[part] += time.perf_counter() - begin
        return result

    for tap in TAPS:
        train, test = timed("forward", features, model, x[kept], tap), timed("forward", features, model, queries, tap)
        errors[tap] = timed("neighbours", neighbour_error, train, y[kept], test, query_labels)
        del train, test
        ranks[tap] = timed("singular values", rank, timed("forward", features, model, x[kept], tap))
    theirs = sum(seconds.values())
    parts = ", ".join(f"{part} {value:.1f} s" for part, value in seconds.items())
    print(f"published way (libtorch {torch.__version__}, float32, {threads} threads): {theirs:.1f} s ({parts}); rank {ranks}, kNN error {errors}")
    print(f"ratio {theirs / ours:.2f}")

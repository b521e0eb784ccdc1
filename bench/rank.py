"""Rank of 10,240 x 16,384 features: `sharpless rank` against a float32 singular value decomposition of the whole matrix.

    OMP_NUM_THREADS=2 /usr/bin/python3 bench/rank.py [--examples 10240] [--dimensions 16384] [--decay 0.995] [--ours-only] [--sharpless ./sharpless]

The features' rank is about 4.5 % of the order at a decay of 0.995; ours is run with and without --rank-only.

Needs Debian's python3-torch (PyTorch 1.13.1 with OpenBLAS). Prints seconds, ratio, ranks and the peak memory of ours; ours is timed
from the start of its process, reading the file and writing the JSON included.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import tempfile
import time

import numpy as np
import torch

parser = argparse.ArgumentParser()
parser.add_argument("--examples", type=int, default=10240)
parser.add_argument("--dimensions", type=int, default=16384)
parser.add_argument("--decay", type=float, default=0.995)
parser.add_argument("--ours-only", action="store_true")
parser.add_argument("--sharpless", default="./sharpless")
arguments = parser.parse_args()
threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count()))
torch.set_num_threads(threads)
torch.manual_seed(0)

# Features with a decaying spectrum and a mean, as those of networks.
n, d = arguments.examples, arguments.dimensions
inner = min(n, d) // 8
features = torch.randn(n, inner) * (arguments.decay ** torch.arange(inner)) @ torch.randn(inner, d) / inner**0.5
features += 0.01 * torch.randn(n, d) + 0.5

with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "features.npy")
    np.save(path, features.numpy())
    found, seconds = {}, {}
    for options in (["--rank-only"], []):
        start = time.perf_counter()
        output = subprocess.run(
            [arguments.sharpless, "rank", "--features", str(path), "--json", "--threads", str(threads), *options], check=True, capture_output=True).stdout
        seconds[len(options)] = time.perf_counter() - start
        tap = found[len(options)] = json.loads(output)["taps"][0]
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        print(f"ours {' '.join(options)}: {seconds[len(options)]:.1f} s, rank {tap['rank']}, peak memory so far {memory / 2**30:.2f} GiB (features {n * d * 4 / 2**30:.2f} GiB)", flush=True)
print(f"--rank-only: {seconds[0] / seconds[1]:.2f} times as fast, partial: {found[1].get('partial', False)}, equal ranks: {found[0]['rank'] == found[1]['rank']}", flush=True)
if arguments.ours_only: raise SystemExit
ours, tap = seconds[0], found[0]

features -= features.mean(1, keepdim=True)
start = time.perf_counter()
values = torch.linalg.svdvals(features)
theirs = time.perf_counter() - start
squares = values.double() ** 2
shares = squares.cumsum(0) / squares.sum()
rank = {share: int((shares <= float(share)).sum()) + 1 for share in tap["rank"]}
own = torch.tensor(tap["singular_values"], dtype=torch.float64)
print(f"svdvals of libtorch {torch.__version__}, float32, {threads} threads: {theirs:.1f} s, rank {rank}")
print(f"ratio {theirs / ours:.2f}; largest difference of squares, relative to the largest: {((own**2 - squares).abs().max() / squares[0]).item():.1e}")

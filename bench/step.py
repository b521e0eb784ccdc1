"""One training step of ResNet-18 (batch 128, 3x32x32): ours beside plain PyTorch eager, on the same machine in one run.

    /usr/bin/python3 bench/step.py [--widths 16,64] [--pairs 5]

The reference is the usual way: float32, [B, C, H, W], SAM tensor by tensor with a copy of each weight (torch.optim.SGD below it), the same
libtorch (Debian's python3-torch), OMP_NUM_THREADS=2. Ours is bench/Sharpless.Bench in bfloat16 (what --precision auto takes here), with
building the augmented batch included. Each pair runs one after the other, in its own process; medians of all steps, and the median of the
pairs' ratios. Build first:  dotnet build bench/Sharpless.Bench -c Release
"""
import argparse
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
OURS = os.path.join(HERE, "..", "artifacts", "bin", "Sharpless.Bench", "release", "Sharpless.Bench.dll")


def eager(width, rho, warm_up, measured):
    import torch
    import torch.nn.functional as F

    sys.path.insert(0, os.path.join(HERE, "..", "tests", "golden", "parity"))
    from resnet import ResNet

    torch.set_num_threads(2)
    torch.manual_seed(0)
    model = ResNet(width, 3, 10)
    parameters = list(model.parameters())
    optimizer = torch.optim.SGD(parameters, 0.05, 0.9, weight_decay=5e-4)
    images, labels = torch.randn(128, 3, 32, 32), torch.randint(0, 10, (128,))
    for step in range(warm_up + measured):
        started = time.perf_counter()
        optimizer.zero_grad()
        F.cross_entropy(model(images), labels).backward()
        if rho:
            with torch.no_grad():
                norm = torch.norm(torch.stack([p.grad.norm(p=2) for p in parameters]), p=2)
                before = [p.data.clone() for p in parameters]
                for p in parameters:
                    p.add_(p.grad * (rho / (norm + 1e-12)))
            optimizer.zero_grad()
            F.cross_entropy(model(images), labels).backward()
            for p, w in zip(parameters, before):
                p.data = w
        optimizer.step()
        if step >= warm_up:
            print(f"{time.perf_counter() - started:.4f}")


def run(command, arguments):
    environment = dict(os.environ, OMP_NUM_THREADS="2")
    output = subprocess.run([*command, *map(str, arguments)], env=environment, check=True, capture_output=True, text=True).stdout
    return statistics.median(float(line) for line in output.split())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--widths", default="16,64")
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    ours, theirs = ["dotnet", OURS], [sys.executable, os.path.abspath(__file__), "--eager"]
    for width in map(int, options.widths.split(",")):
        measured = 12 if width < 32 else 4
        rows = []
        for _ in range(options.pairs):
            rows.append((run(theirs, (width, 0.1, 2, measured)), run(ours, (width, 0.1, "bf16", 2, measured)), run(ours, (width, 0, "bf16", 2, measured))))
            print(f"width {width}: eager {rows[-1][0]:.4f} s, ours {rows[-1][1]:.4f} s, ratio {rows[-1][0] / rows[-1][1]:.2f}, SAM/SGD {rows[-1][1] / rows[-1][2]:.2f}", flush=True)
        ratios = sorted(row[0] / row[1] for row in rows)
        print(f"width {width}: {len(rows)} pairs; eager {statistics.median(row[0] for row in rows):.4f} s, ours {statistics.median(row[1] for row in rows):.4f} s; "
              f"ratio median {statistics.median(ratios):.2f}, from {ratios[0]:.2f} to {ratios[-1]:.2f}; SAM/SGD {statistics.median(row[1] / row[2] for row in rows):.2f}", flush=True)


if len(sys.argv) > 1 and sys.argv[1] == "--eager":
    eager(int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
else:
    main()

"""One trained two-layer network: ours beside one-at-a-time training in plain PyTorch eager, on the same machine in one run.

    /usr/bin/python3 bench/two-layer.py [--seeds 20] [--repeats 3]

Both train 100 ReLU units for 19,953 updates with batches of one, the regularizer on in the first half, and measure losses, rank, active units and norm at
71 moments. The reference is the usual way: autograd, SAM with a copy of each weight, the gradient-norm penalty by double backward; one thread, which is
its fastest for tensors this small. Ours is the program itself, `sharpless two-layer relu` and `gradient-norm`: its seconds over its networks, on one
thread and on all cores. Start-up and the report are not counted on either side; our runs measure the rank on 1,000 test points and the mechanism besides.
Build first:  ./sharpless --help
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
OURS = os.path.join(HERE, "..", "artifacts", "program", "Sharpless.Cli.dll")
ITERATIONS = 19_953


def eager(kind):
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(4)
    points, tests = (torch.nn.functional.normalize(torch.randn(n, 3), dim=1) for n in (20, 1000))
    labels, test_labels = torch.randn(20) * 0.3, torch.randn(1000) * 0.3
    w, b, a, c = parameters = [(0.3 * torch.randn(*shape)).requires_grad_() for shape in ((100, 3), (100,), (100,), (1,))]

    def features(x):
        return torch.relu(torch.nn.functional.linear(x, w, b))

    def loss_at(i):
        return ((features(points[i : i + 1]) @ a + c - labels[i]) ** 2).mean()

    optimizer = torch.optim.SGD(parameters, 0.1)
    started = time.perf_counter()
    for step in range(ITERATIONS):
        if step % 285 == 0:
            with torch.no_grad():
                phi = features(points)
                values = torch.linalg.svdvals(phi) ** 2
                _ = int((values.cumsum(0) <= 0.9999 * values.sum()).sum()) + 1, int((phi > 0).any(0).sum()), float(torch.cat([p.flatten() for p in parameters]).norm())
                _ = float(((phi @ a + c - labels) ** 2).mean()), float(((features(tests) @ a + c - test_labels) ** 2).mean())
        i = int(torch.randperm(20)[0])
        regularized = 2 * step <= ITERATIONS
        optimizer.zero_grad()
        loss = loss_at(i)
        if kind == "gradnorm" and regularized:
            gradient = torch.autograd.grad(loss, parameters, create_graph=True)
            (loss + 0.2 * torch.sqrt(sum((g**2).sum() for g in gradient))).backward()
        else:
            loss.backward()
            if kind == "sam" and regularized:
                with torch.no_grad():
                    norm = torch.sqrt(sum((p.grad**2).sum() for p in parameters))
                    before = [p.clone() for p in parameters]
                    for p in parameters:
                        p.add_(p.grad * (0.2 / norm))
                optimizer.zero_grad()
                loss_at(i).backward()
                with torch.no_grad():
                    for p, kept in zip(parameters, before):
                        p.copy_(kept)
        optimizer.step()
    print(time.perf_counter() - started)


def theirs(kind):
    return float(subprocess.run([sys.executable, os.path.abspath(__file__), "--eager", kind], env=dict(os.environ, OMP_NUM_THREADS="1"), check=True, capture_output=True, text=True).stdout)


def ours(figure, seeds, threads):
    with tempfile.TemporaryDirectory() as folder:
        command = ["dotnet", OURS, "two-layer", figure, "--seeds", str(seeds), "--perturbed-starts", "0", "--json", "--out", os.path.join(folder, "run"), "--threads", str(threads)]
        document = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout)
    return document["seconds"] / len(document["results"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    for kind, figure in (("sam", "relu"), ("gradnorm", "gradient-norm")):
        pairs = [(theirs(kind), ours(figure, options.seeds, 1), ours(figure, options.seeds, os.cpu_count())) for _ in range(options.repeats)]
        eager_s, one_s, all_s = (statistics.median(values) for values in zip(*pairs))
        ratios = [statistics.median(pair[0] / pair[i] for pair in pairs) for i in (1, 2)]
        print(f"{kind}: eager {eager_s:.2f} s, ours {one_s:.3f} s on one thread (ratio {ratios[0]:.0f}), {all_s:.3f} s on {os.cpu_count()} cores (ratio {ratios[1]:.0f})", flush=True)


if len(sys.argv) == 3 and sys.argv[1] == "--eager":
    eager(sys.argv[2])
else:
    main()

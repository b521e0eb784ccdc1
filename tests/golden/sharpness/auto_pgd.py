"""Reference worst-case sharpness by Auto-PGD, written from arXiv:2003.01690, Algorithm 1, in PyTorch and float64.

The perturbation delta is stepped itself, as arXiv:2302.07011 describes it: adaptive balls are |delta / |w|| <= rho, an L2 one is an ellipsoid, and
points outside go to its nearest point. Three networks: those of make.py (whole, masked), and a tanh network trained here.
Writes beside itself: tanh.npz (weights, images, labels) and auto_pgd.json. Run after make.py:  /usr/bin/python3 tests/golden/sharpness/auto_pgd.py
"""

import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
STEPS = 20
RADII = {
    ("l2", False): [0.1, 0.3, 1.0, 2.0], ("linf", False): [0.002, 0.01, 0.03, 0.1],
    ("l2", True): [0.1, 0.5, 1.0, 2.0], ("linf", True): [0.01, 0.05, 0.1, 0.3],
}
torch.manual_seed(2003_01690)
torch.set_default_dtype(torch.float64)


def load():
    arrays = {n: torch.from_numpy(v) for n, v in np.load(HERE / "network.npz").items()}
    images, labels = arrays["images"].double(), arrays["labels"]

    def logits(w):
        h = F.conv2d(images, w["conv.weight"], padding=1)
        h = F.batch_norm(h, arrays["bn.running_mean"].double(), arrays["bn.running_var"].double(), w["bn.weight"], w["bn.bias"], training=False)
        return F.linear(F.relu(h).flatten(1), w["linear.weight"], w["linear.bias"])

    whole = {n: arrays[n].double() for n in ("conv.weight", "bn.weight", "bn.bias", "linear.weight", "linear.bias")}
    mask = {n: arrays[f"mask.{n}"].double() if f"mask.{n}" in arrays else torch.ones_like(v) for n, v in whole.items()}
    ones = {n: torch.ones_like(v) for n, v in whole.items()}
    return [("whole", whole, ones, logits, labels), ("masked", {n: v * mask[n] for n, v in whole.items()}, mask, logits, labels)]


def train():
    """A tanh network with three hidden layers, trained until it answers most of its examples rightly."""
    labels = torch.arange(24) % 3
    images = (0.4 * torch.randn(3, 2, 5, 5)[labels] + torch.randn(24, 2, 5, 5)).float().double()
    sizes = [50, 16, 16, 16, 3]
    w = {}
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        w[f"layer{i}.weight"], w[f"layer{i}.bias"] = torch.randn(b, a) / math.sqrt(a), torch.zeros(b)

    def logits(w):
        h = images.flatten(1)
        for i in range(4):
            h = F.linear(h, w[f"layer{i}.weight"], w[f"layer{i}.bias"])
            h = torch.tanh(h) if i < 3 else h
        return h

    for _ in range(60):
        g = gradient(lambda v: F.cross_entropy(logits(v), labels), w)[1]
        w = {n: v - 0.2 * g[n] for n, v in w.items()}
    w = {n: v.float().double() for n, v in w.items()}
    np.savez(HERE / "tanh.npz", images=images.numpy().astype("<f4"), labels=labels.numpy(), **{n: v.numpy().astype("<f4") for n, v in w.items()})
    return "tanh", w, {n: torch.ones_like(v) for n, v in w.items()}, logits, labels


def gradient(loss, w):
    leaves = {n: v.clone().requires_grad_() for n, v in w.items()}
    value = loss(leaves)
    value.backward()
    return value.item(), {n: v.grad for n, v in leaves.items()}


def nearest(delta, c, rho, norm):
    """The nearest point of the ball |delta / c| <= rho; c is 0 where nothing may move."""
    if norm == "linf":
        return torch.minimum(torch.maximum(delta, -rho * c), rho * c)
    moves = c > 0
    size = lambda lam: (torch.where(moves, delta * c / (c**2 + lam), torch.zeros_like(c)) ** 2).sum().sqrt().item()
    if size(0.0) <= rho:
        return delta
    low, high = 0.0, 1.0
    while size(high) > rho:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if size(middle) > rho else (low, middle)
    return torch.where(moves, delta * c**2 / (c**2 + high), torch.zeros_like(c))


def auto_pgd(w, live, loss, rho, norm, adaptive):
    names = list(w)
    flat = torch.cat([w[n].flatten() for n in names])
    mask = torch.cat([live[n].flatten() for n in names])
    c = (flat.abs() if adaptive else torch.ones_like(flat)) * mask

    def at(delta):
        parts = (flat + delta).split([w[n].numel() for n in names])
        value, g = gradient(loss, {n: p.view_as(w[n]) for n, p in zip(names, parts)})
        g = torch.cat([g[n].flatten() for n in names]) * mask
        return value, c * g.sign() if norm == "linf" else (c * g) / (g.norm() + 1e-12)

    p, checkpoints = [0, 22], [0, -(-22 * STEPS // 100)]  # in hundredths, rounded up
    while checkpoints[-1] < STEPS:
        p.append(p[-1] + max(p[-1] - p[-2] - 3, 6))
        checkpoints.append(-(-p[-1] * STEPS // 100))

    size = 2 * rho
    before = torch.zeros_like(flat)
    f0, direction = at(before)
    x = nearest(before + size * direction, c, rho, norm)
    f, direction_at_x = at(x)
    history = [f0, f]
    best, best_direction, f_best = (x, direction_at_x, f) if f > f0 else (before, direction, f0)
    sizes, bests = [size], [f0]
    direction = direction_at_x
    for k in range(1, STEPS):
        z = nearest(x + size * direction, c, rho, norm)
        new = nearest(x + 0.75 * (z - x) + 0.25 * (x - before), c, rho, norm)
        f, new_direction = at(new)
        history.append(f)
        if f > f_best:
            best, best_direction, f_best = new, new_direction, f
        before, x, direction = x, new, new_direction
        if k + 1 in checkpoints:
            j = checkpoints.index(k + 1)
            went_up = sum(history[i + 1] > history[i] for i in range(checkpoints[j - 1], checkpoints[j]))
            stalled = went_up < 0.75 * (checkpoints[j] - checkpoints[j - 1]) or (j > 1 and sizes[-1] == size and bests[-1] == f_best)
            sizes.append(size)
            bests.append(f_best)
            if stalled:
                size, x, direction = size / 2, best, best_direction
    return max(history[1:]) - f0


document = {"made_by": f"tests/golden/sharpness/auto_pgd.py, torch {torch.__version__}", "steps": STEPS, "cases": []}
for name, w, live, logits, labels in [*load(), train()]:
    loss = lambda v: F.cross_entropy(logits(v), labels)
    print(name, "loss", loss(w).item(), "error", (logits(w).argmax(1) != labels).double().mean().item())
    for (norm, adaptive), radii in RADII.items():
        for rho in radii:
            document["cases"].append(dict(network=name, norm=norm, adaptive=adaptive, rho=rho, loss_increase=auto_pgd(w, live, loss, rho, norm, adaptive)))
(HERE / "auto_pgd.json").write_text(json.dumps(document, separators=(",", ":")).replace('{"network"', '\n{"network"') + "\n")

"""Reference sharpness and Hessian of a small network from PyTorch in float64: the obvious way, parameter by parameter, and the whole Hessian.

Writes beside itself: network.npz (weights, running statistics, mask, images, labels) and expected.json.
Run with Debian's PyTorch:  /usr/bin/python3 tests/golden/sharpness/make.py
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
torch.manual_seed(2010_01412)
torch.set_default_dtype(torch.float64)

# Numbers that float32 holds exactly, so that both sides start from equal numbers.
def single(*shape, scale=1.0):
    return (scale * torch.randn(*shape)).float().double()


weights = {
    "conv.weight": single(4, 2, 3, 3, scale=0.4),
    "bn.weight": 1 + single(4, scale=0.2),
    "bn.bias": single(4, scale=0.2),
    "linear.weight": single(3, 100, scale=0.1),
    "linear.bias": single(3, scale=0.1),
}
weights["bn.weight"] = weights["bn.weight"].float().double()
buffers = {"bn.running_mean": single(4, scale=0.3), "bn.running_var": (1 + torch.rand(4)).float().double()}
images, labels = single(12, 2, 5, 5), torch.randint(0, 3, (12,))
mask = {"conv.weight": torch.rand(4, 2, 3, 3) > 0.4, "linear.weight": torch.rand(3, 100) > 0.6}


def logits(w):
    hidden = F.conv2d(images, w["conv.weight"], padding=1)
    hidden = F.batch_norm(hidden, buffers["bn.running_mean"], buffers["bn.running_var"], w["bn.weight"], w["bn.bias"], training=False)
    return F.linear(F.relu(hidden).flatten(1), w["linear.weight"], w["linear.bias"])


def measure(w, rows=slice(None)):
    z = logits(w)[rows]
    return F.cross_entropy(z, labels[rows]).item(), (z.argmax(1) != labels[rows]).double().mean().item()


def gradient(w, rows=slice(None)):
    leaves = {name: value.clone().requires_grad_() for name, value in w.items()}
    F.cross_entropy(logits(leaves)[rows], labels[rows]).backward()
    return {name: leaf.grad for name, leaf in leaves.items()}


def worst_case(w, live, rho, norm="l2", adaptive=False, steps=1, halving=False, only="", normalized=True, step_size=None, rows=slice(None)):
    """Projected gradient ascent from w: the largest loss at any perturbation on the way."""
    scale = {n: (v.abs() if adaptive else torch.ones_like(v)) * live.get(n, torch.ones_like(v)) * (1.0 if only in n else 0.0) for n, v in w.items()}
    at = lambda u: {n: v + scale[n] * u[n] for n, v in w.items()}
    length = lambda u: torch.sqrt(sum((v**2).sum() for v in u.values()))
    u = {n: torch.zeros_like(v) for n, v in w.items()}
    loss, error = measure(w, rows)
    best = (-np.inf,)
    for k in range(steps):
        q = {n: scale[n] * g for n, g in gradient(at(u), rows).items()}
        share = k / steps
        a = (step_size or rho) * (1 if not halving or share <= 0.25 else 0.5 if share <= 0.5 else 0.25 if share <= 0.75 else 0.125)
        if normalized:
            q = {n: v / (length(q) + 1e-12) for n, v in q.items()} if norm == "l2" else {n: v.sign() for n, v in q.items()}
        u = {n: v + a * q[n] for n, v in u.items()}
        if norm == "l2":
            u = {n: v * min(1.0, rho / max(length(u).item(), 1e-300)) for n, v in u.items()}
        else:
            u = {n: v.clamp(-rho, rho) for n, v in u.items()}
        there = measure(at(u), rows)
        if there[0] > best[0]:
            g = gradient(at(u), rows)
            g = torch.sqrt(sum(((v * live.get(n, torch.ones_like(v))) ** 2).sum() for n, v in g.items()))
            size = length(u).item() if norm == "l2" else max(v.abs().max().item() for v in u.values())
            best = (there[0], there[1], g.item(), size)
    return {"loss_increase": best[0] - loss, "error_increase": best[1] - error, "gradient_norm": best[2], "size": best[3]}


def hessian(w, live):
    names = list(w)
    flat = torch.cat([w[n].flatten() for n in names])
    shapes = [w[n].shape for n in names]

    def loss(v):
        parts = v.split([int(np.prod(s)) for s in shapes])
        return F.cross_entropy(logits({n: p.view(s) for n, p, s in zip(names, parts, shapes)}), labels)

    full = torch.autograd.functional.hessian(loss, flat)
    keep = torch.cat([live.get(n, torch.ones_like(w[n], dtype=torch.bool)).flatten().bool() for n in names])
    return full[keep][:, keep]


CASES = [
    dict(rho=0.01), dict(rho=0.1), dict(rho=2.0),
    dict(rho=0.5, steps=10), dict(rho=0.5, steps=10, halving=True), dict(rho=0.5, steps=8, step_size=0.1),
    dict(rho=0.01, norm="linf"), dict(rho=0.02, norm="linf", steps=6, halving=True),
    dict(rho=0.3, adaptive=True), dict(rho=0.3, adaptive=True, steps=5), dict(rho=0.05, norm="linf", adaptive=True), dict(rho=0.05, norm="linf", adaptive=True, steps=4, halving=True),
    dict(rho=0.2, only="conv"), dict(rho=0.3, normalized=False, step_size=0.4, steps=3),
]

np.savez(HERE / "network.npz", images=images.numpy().astype("<f4"), labels=labels.numpy(),
         **{n: v.numpy().astype("<f4") for n, v in {**weights, **buffers}.items()}, **{f"mask.{n}": v.numpy() for n, v in mask.items()})
pruned = {n: v * mask[n] if n in mask else v for n, v in weights.items()}
document = {"made_by": f"tests/golden/sharpness/make.py, torch {torch.__version__}"}
for name, w, live in [("whole", weights, {}), ("masked", pruned, mask)]:
    loss, error = measure(w)
    matrix = hessian(w, live)
    document[name] = {
        "loss": loss, "error": error,
        "worst_case": [{**case, **worst_case(w, live, **case)} for case in CASES],
        "halves": [worst_case(w, live, rho=0.1, steps=3, rows=rows) for rows in (slice(0, 5), slice(5, 12))],
        "eigenvalues": torch.linalg.eigvalsh(matrix).tolist(),
        "trace": matrix.trace().item(),
        "convolution_eigenvalues": torch.linalg.eigvalsh(hessian(w, {**{n: torch.zeros_like(v, dtype=torch.bool) for n, v in w.items()}, "conv.weight": live.get("conv.weight", torch.ones(4, 2, 3, 3) > 0)})).tolist(),
    }
(HERE / "expected.json").write_text(json.dumps(document, separators=(",", ":")).replace('{"rho"', '\n{"rho"') + "\n")

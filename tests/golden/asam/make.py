"""Golden file of ASAM (arXiv:2102.11600, Algorithm 1): 20 steps in PyTorch, written from the formula.

Made with Debian 12's python3-torch 1.13.1:  /usr/bin/python3 tests/golden/asam/make.py
Writes asam.npz beside itself: x [STEPS * BATCH, 1, 14, 14] float32, y; init/NAME; weights/NAME and all/NAME, parameters and running statistics
after STEPS steps. In `weights` the operator T is |w| + ETA for parameters whose name has 'weight' in it and 1 for the others, as the code published
by the authors has it; in `all` it is |w| + ETA for every parameter. Batch norm is in training mode in both passes, so its statistics move twice.
The network is the small classifier of width 4 (tests/golden/options/make.py).

With a path to the authors' asam.py it also runs that beside, and prints how far the two are apart:
  /usr/bin/python3 tests/golden/asam/make.py asam.py
"""
import importlib.util
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH, STEPS, RATE, MOMENTUM, DECAY, RHO, ETA = 16, 20, 0.02, 0.9, 1e-2, 0.5, 0.01


def module_at(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


Classifier = module_at(os.path.join(HERE, "..", "options", "make.py"), "options").Classifier


def loss_of(model, x, y):
    return F.cross_entropy(model(x)[0], y)


def start(state):
    model = Classifier()
    model.load_state_dict(state)
    return model, torch.optim.SGD(model.parameters(), RATE, MOMENTUM, weight_decay=DECAY)


def train(state, x, y, scales):
    """scales: whether a parameter of a name is scaled. T g over all parameters gives the norm; e = rho T (T g) / |T g|."""
    model, optimizer = start(state)
    for i in range(STEPS):
        batch = x[i * BATCH:(i + 1) * BATCH], y[i * BATCH:(i + 1) * BATCH]
        named = list(model.named_parameters())
        before = [p.detach().clone() for _, p in named]
        gradients = torch.autograd.grad(loss_of(model, *batch), [p for _, p in named])
        scale = [w.abs() + ETA if scales(name) else torch.ones_like(w) for (name, _), w in zip(named, before)]
        tg = [t * g for t, g in zip(scale, gradients)]
        norm = torch.sqrt(sum((v.double() ** 2).sum() for v in tg)).item()
        with torch.no_grad():
            for (_, p), t, v in zip(named, scale, tg):
                p.add_(t * v, alpha=RHO / norm)
        gradients = torch.autograd.grad(loss_of(model, *batch), [p for _, p in named])
        with torch.no_grad():
            for (_, p), w, g in zip(named, before, gradients):
                p.copy_(w)
                p.grad = g
        optimizer.step()
    return {name: value.clone() for name, value in model.state_dict().items() if "tracked" not in name}


def train_by_authors(path, state, x, y):
    model, optimizer = start(state)
    minimizer = module_at(path, "asam").ASAM(optimizer, model, rho=RHO, eta=ETA)
    for i in range(STEPS):
        batch = x[i * BATCH:(i + 1) * BATCH], y[i * BATCH:(i + 1) * BATCH]
        loss_of(model, *batch).backward()
        minimizer.ascent_step()
        loss_of(model, *batch).backward()
        minimizer.descent_step()
    return {name: value.clone() for name, value in model.state_dict().items() if "tracked" not in name}


def distance(left, right):
    """Largest difference, in units of the largest weight."""
    return max((left[n] - right[n]).abs().max().item() for n in left) / max(v.abs().max().item() for n, v in left.items() if "running" not in n)


if __name__ == "__main__":
    torch.manual_seed(2)
    torch.set_num_threads(1)
    x, y = torch.randn(STEPS * BATCH, 1, 14, 14), torch.randint(0, 10, (STEPS * BATCH,))
    state = {key: value.clone() for key, value in Classifier().state_dict().items()}
    ends = {"weights": train(state, x, y, lambda name: "weight" in name), "all": train(state, x, y, lambda name: True)}
    out = {"x": x.numpy(), "y": y.numpy()}
    out.update({f"init/{name}": value.numpy() for name, value in state.items()})
    for case, end in ends.items():
        out.update({f"{case}/{name}": value.numpy() for name, value in end.items()})
    np.savez_compressed(os.path.join(HERE, "asam.npz"), **out)
    print(f"weights against all: {distance(ends['weights'], ends['all']):.1e} of the largest weight")
    if len(sys.argv) > 1:
        authors = train_by_authors(sys.argv[1], state, x, y)
        print(f"weights against the authors' code: {distance(ends['weights'], authors):.1e}, all: {distance(ends['all'], authors):.1e}")

"""Golden file of the training options: the same steps in PyTorch, one plain loop that follows the specification.

Made with Debian 12's python3-torch 1.13.1:  /usr/bin/python3 tests/golden/options/make.py
Writes options.npz beside itself: x [STEPS * BATCH, 1, 14, 14] float32, y; init/NAME; CASE/NAME, the weights (and running statistics) after STEPS
steps; CASE.losses, the objective of the descent's gradient at each step (mean over the parts of a batch).
The network is the small classifier of width 4; every case starts from the same weights and sees batch 0, 1, ... STEPS - 1.
"""
import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

BATCH, STEPS, RATE, MOMENTUM, DECAY = 16, 5, 0.02, 0.9, 1e-2


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 4, 2, 1)
        self.conv2 = nn.Conv2d(4, 8, 4, 2, 1)
        self.bn2 = nn.BatchNorm2d(8)
        self.linear = nn.Linear(8 * 3 * 3, 10)

    def forward(self, x):
        first = F.leaky_relu(self.conv1(x), 0.2)
        second = F.leaky_relu(self.bn2(self.conv2(first)), 0.2)
        return self.linear(second.flatten(1)), (first, second)


def loss_of(z, y, o):
    name = o.get("loss", "ce")
    if name == "ce":
        return F.cross_entropy(z, y, label_smoothing=o.get("smoothing", 0.0))
    if name == "gce":
        return ((1 - F.softmax(z, 1)[torch.arange(len(y)), y] ** o["q"]) / o["q"]).mean()
    if name == "smallest_k_ce":
        each = F.cross_entropy(z, y, reduction="none")
        return each.sort().values[: len(y) - int(o["dropped"] * len(y))].mean()
    if name == "square_loss":
        return (0.5 * ((z - F.one_hot(y, 10)) ** 2).mean(1)).mean()


def objective(model, x, y, o):
    x = x.clone().requires_grad_(True)
    z, taps = model(x)
    loss = loss_of(z / z.norm(dim=1, keepdim=True) if o.get("normalize") else z, y, o)
    if "act" in o:
        loss = loss + o["act"] * (taps[o["block"] - 1] ** 2).mean()
    if "jac" in o:
        for c in range(10):
            loss = loss + o["jac"] * torch.autograd.grad(z[:, c].mean(), x, create_graph=True)[0].norm() ** 2
    if "penalty" in o:
        gradients = torch.autograd.grad(loss, list(model.parameters()), create_graph=True)
        loss = loss + o["penalty"] * sum((g ** 2).sum() for g in gradients)
    return loss


def set_to(parameters, values):
    with torch.no_grad():
        for p, value in zip(parameters, values):
            p.copy_(value)


def norm(vectors):
    return torch.sqrt(sum((v.double() ** 2).sum() for v in vectors)).item()


def gradient(model, x, y, o):
    parameters = list(model.parameters())
    loss = objective(model, x, y, o)
    return loss.item(), [g.detach() for g in torch.autograd.grad(loss, parameters)]


def sam_gradient(model, x, y, ascent, o, rho):
    """Spec 1.4, with the guard 1e-12 and the weights restored from a copy."""
    parameters = list(model.parameters())
    before = [p.detach().clone() for p in parameters]
    delta = [torch.zeros_like(p) for p in parameters]
    step = rho * o.get("mult", 1)
    at_w = None
    for _ in range(o.get("iters", 1) if rho else 0):
        _, g = gradient(model, *ascent, o)
        at_w = at_w or g
        factor = step if o.get("unnormalized") else step / (norm(g) + 1e-12)
        delta = [d + factor * v for d, v in zip(delta, g)]
        if o.get("project", True) and norm(delta) > rho:
            scale = rho / norm(delta)
            delta = [d * scale for d in delta]
        set_to(parameters, [w + d for w, d in zip(before, delta)])
    loss, g = gradient(model, x, y, o)
    if o.get("keeps_direction"):
        scale = norm(g) / norm(at_w)
        g = [v * scale for v in at_w]
    set_to(parameters, before)
    return loss, g


def train(state, x, y, o):
    model = Classifier()
    model.load_state_dict(state)
    if o.get("frozen"):
        model.bn2.eval()
    named = list(model.named_parameters())
    parameters = [p for _, p in named]
    matrices = [p for p in parameters if p.dim() > 1]
    groups = [{"params": parameters, "weight_decay": DECAY}]
    if o.get("matrices"):
        rest = [p for p in parameters if p.dim() == 1]
        groups = [{"params": matrices, "weight_decay": DECAY}, {"params": rest, "weight_decay": 0}]
    optimizer = torch.optim.Adam(groups, RATE / 10) if o.get("adam") else torch.optim.SGD(groups, RATE, MOMENTUM)
    average = [p.detach().clone() for p in parameters]
    losses, previous = [], None
    for step in range(STEPS):
        batch = (x[step * BATCH:(step + 1) * BATCH], y[step * BATCH:(step + 1) * BATCH])
        ascent = previous if o.get("previous") and previous else batch
        parts, size = o.get("parts", 1), BATCH // o.get("parts", 1)
        total, mean = 0, [torch.zeros_like(p) for p in parameters]
        for part in range(parts):
            here = slice(part * size, (part + 1) * size)
            rho = o.get("rho", 0)
            loss, g = sam_gradient(model, batch[0][here], batch[1][here], (ascent[0][here], ascent[1][here]), o, rho)
            total += loss / parts
            mean = [m + v / parts for m, v in zip(mean, g)]
        for p, g in zip(parameters, mean):
            p.grad = g
        optimizer.step()
        losses.append(total)
        previous = batch
        average = [0.9 * a + 0.1 * p.detach() for a, p in zip(average, parameters)]
    result = {name: value.numpy() for name, value in model.state_dict().items() if "tracked" not in name}
    if o.get("average"):
        result.update({name: a.numpy() for (name, _), a in zip(named, average)})
    return losses, result


CASES = {
    "sgd": {},
    "adam": {"adam": True},
    "adam_sam": {"adam": True, "rho": 0.1},
    "iters": {"rho": 0.2, "iters": 3, "mult": 0.5},
    "iters_projected": {"rho": 0.1, "iters": 3, "mult": 1},
    "mult": {"rho": 0.2, "mult": 0.3},
    "usam": {"rho": 0.2, "unnormalized": True},
    "usam_free": {"rho": 0.2, "unnormalized": True, "project": False, "iters": 2},
    "parts": {"rho": 0.1, "parts": 4},
    "parts_plain": {"parts": 2},
    "previous": {"rho": 0.1, "previous": True},
    "direction": {"rho": 0.3, "keeps_direction": True},
    "smoothing": {"rho": 0.1, "smoothing": 0.2},
    "gce": {"loss": "gce", "q": 0.7, "rho": 0.1},
    "smallest": {"loss": "smallest_k_ce", "dropped": 0.3},
    "square": {"loss": "square_loss", "rho": 0.1},
    "normalize": {"normalize": True},
    "activation": {"act": 0.5, "block": 1, "rho": 0.1},
    "jacobian": {"jac": 0.1},
    "penalty": {"penalty": 0.1},
    "penalty_sam": {"penalty": 0.1, "rho": 0.1},
    "frozen": {"frozen": True, "rho": 0.1},
    "matrices": {"matrices": True},
    "adam_matrices": {"adam": True, "matrices": True},
    "average": {"average": True},
}

if __name__ == "__main__":
    torch.manual_seed(1)
    torch.set_num_threads(1)
    x, y = torch.randn(STEPS * BATCH, 1, 14, 14), torch.randint(0, 10, (STEPS * BATCH,))
    state = {key: value.clone() for key, value in Classifier().state_dict().items()}
    out = {"x": x.numpy(), "y": y.numpy()}
    out.update({f"init/{key}": value.numpy() for key, value in state.items()})
    for case, options in CASES.items():
        losses, weights = train(state, x, y, options)
        out[f"{case}.losses"] = np.array(losses)
        out.update({f"{case}/{name}": value for name, value in weights.items()})
    np.savez_compressed(os.path.join(os.path.dirname(os.path.abspath(__file__)), "options.npz"), **out)

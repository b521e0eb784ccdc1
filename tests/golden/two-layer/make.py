"""Two-layer students trained by PyTorch's automatic differentiation in float64, one at a time: plain SGD, SAM, and the gradient-norm penalty by double
backward. Also numpy's normal numbers, and the rank of features by a singular value decomposition.

Writes expected.json beside itself. Data and first weights are those of a fixed seed; float32 numbers, so that both sides start from equal ones.
Run with Debian's PyTorch:  /usr/bin/python3 tests/golden/two-layer/make.py
"""

import json
import pathlib

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
STEPS, UNITS, DIMENSIONS, POINTS = 400, 100, 3, 20
ACTIVATIONS = {"relu": torch.relu, "absolute": torch.abs, "tanh": torch.tanh}
RUNS = [
    # activation, learning rate, scale, rho, lambda
    ("relu", 0.03, 0.3, 0.0, 0.0),
    ("relu", 0.03, 0.3, 0.4, 0.0),
    ("relu", 0.03, 0.3, 0.0, 0.3),
    ("absolute", 0.01, 0.3, 0.2, 0.0),
    ("absolute", 0.01, 0.3, 0.0, 0.2),
    ("tanh", 0.005, 1.0, 0.6, 0.0),
]


def single(array):
    return np.asarray(array, dtype=np.float32)


def train(activation, rate, scale, rho, penalty, start, x, y, order):
    phi = ACTIVATIONS[activation]
    w = [torch.tensor(single(np.float32(scale) * start[name]).astype(np.float64), requires_grad=True) for name in ("hidden", "hidden_bias", "output", "output_bias")]

    def loss(i, w):
        return ((phi(x[i : i + 1] @ w[0].T + w[1]) @ w[2] + w[3] - y[i]) ** 2).mean()

    for i in order:
        gradient = torch.autograd.grad(loss(i, w), w, create_graph=penalty > 0)
        norm = torch.sqrt(sum((g**2).sum() for g in gradient))
        if penalty > 0:
            gradient = torch.autograd.grad(loss(i, w) + penalty * norm, w)
        elif rho > 0:
            moved = [(p + rho * g / norm).detach().requires_grad_() for p, g in zip(w, gradient)]
            gradient = torch.autograd.grad(loss(i, moved), moved)
        with torch.no_grad():
            for p, g in zip(w, gradient):
                p -= rate * g
    features = phi(x @ w[0].T + w[1]).detach().numpy()
    values = np.linalg.svd(features, compute_uv=False) ** 2
    rank = int((np.cumsum(values) <= 0.9999 * values.sum()).sum()) + 1
    return {
        "activation": activation, "learning_rate": rate, "scale": scale, "rho": rho, "penalty": penalty, "rank": rank,
        "train_loss": float(((features @ w[2].detach().numpy() + float(w[3]) - y.numpy()) ** 2).mean()),
        "hidden": w[0].detach().numpy().ravel().tolist(), "hidden_bias": w[1].tolist(), "output": w[2].tolist(), "output_bias": float(w[3]),
    }


def main():
    random = np.random.RandomState(2305)
    x = random.randn(POINTS, DIMENSIONS)
    x = single(x / np.linalg.norm(x, axis=1, keepdims=True))
    y = single(0.5 * random.randn(POINTS))
    start = {"hidden": single(random.randn(UNITS, DIMENSIONS)), "hidden_bias": single(random.randn(UNITS)), "output": single(random.randn(UNITS)), "output_bias": single(random.randn())}
    order = random.randint(0, POINTS, STEPS)
    runs = [train(*run, start, torch.tensor(x.astype(np.float64)), torch.tensor(y.astype(np.float64)), order) for run in RUNS]
    numbers = np.random.RandomState(4)
    expected = {
        "inputs": x.ravel().tolist(), "labels": y.tolist(), "order": order.tolist(), "hidden": start["hidden"].ravel().tolist(), "hidden_bias": start["hidden_bias"].tolist(),
        "output": start["output"].tolist(), "output_bias": float(start["output_bias"]), "runs": runs,
        "numpy_normal": numbers.randn(7).tolist(), "numpy_uniform": numbers.random_sample(3).tolist(),
    }
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in expected.items())
    (HERE / "expected.json").write_text(f"{{\n{lines}\n}}\n")


main()

"""Golden file of the contrastive loss: run by make.py.

loss.npz: images and texts [6, 8], rows of length 1, float64; for temperatures 0.05 and 1 the loss, written out pair by pair, and its gradients in both.
"""
import math

import numpy as np
import torch


def loss(images, texts, temperature):
    total, batch = 0, len(images)
    for i in range(batch):
        to_texts = [torch.exp(images[i] @ texts[j] / temperature) for j in range(batch)]
        to_images = [torch.exp(images[j] @ texts[i] / temperature) for j in range(batch)]
        total = total + 0.5 * (-torch.log(1e-20 + to_texts[i] / sum(to_texts)) - torch.log(1e-20 + to_images[i] / sum(to_images)))
    return total / batch


def write():
    random = np.random.RandomState(1)
    arrays = {}
    for name in ("images", "texts"):
        rows = random.normal(0, 1, (6, 8))
        arrays[name] = rows / np.sqrt((rows * rows).sum(1, keepdims=True))
    for temperature in (0.05, 1.0):
        images, texts = (torch.tensor(arrays[name], requires_grad=True) for name in ("images", "texts"))
        value = loss(images, texts, temperature)
        value.backward()
        assert math.isfinite(value.item())
        arrays.update({f"loss/{temperature}": value.item(), f"images/{temperature}": images.grad.numpy(), f"texts/{temperature}": texts.grad.numpy()})
    np.savez("loss.npz", **{name: np.asarray(value, dtype=np.float64) for name, value in arrays.items()})

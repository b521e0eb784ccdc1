"""Golden files of training parity: the same steps in PyTorch, as commonly written.

Made with Debian 12's python3-torch 1.13.1:  /usr/bin/python3 tests/golden/parity/make.py
Writes, beside itself, resnet.npz (pre-activation ResNet-18, width 4, 3x32x32) and classifier.npz (the small classifier, width 4, 1x28x28).
Keys: x [steps of one epoch * batch, C, H, W] uint8, y; init/NAME; OPTIMIZER/NAME after STEPS steps; OPTIMIZER.losses; logits (eval mode, initial
weights, first batch); tap/NAME (the same pass); optimizers: sgd, sam (statistics move in both passes), sam_first, sam_second.
Images are scaled to (x - 128) / 64.

Rate, batch and seed are ones at which the result means something: twelve steps of this network are chaotic, and with most other choices
PyTorch's own weights move by 1e-3 and more when rho is changed by 2e-7 of itself (one ReLU that changes sides is enough). Here they move
by less than 1e-6. See docs/decisions/0006.
"""
import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from resnet import ResNet

BATCH, BATCHES, STEPS = 16, 4, 12
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY, RHO = 0.01, 0.9, 5e-4, 0.1


class Classifier(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 4, 2, 1)
        self.conv2 = nn.Conv2d(width, 2 * width, 4, 2, 1)
        self.bn2 = nn.BatchNorm2d(2 * width)
        self.linear = nn.Linear(2 * width * 7 * 7, classes)

    def forward(self, x, taps=None):
        first = F.leaky_relu(self.conv1(x), 0.2)
        second = F.leaky_relu(self.bn2(self.conv2(first)), 0.2)
        if taps is not None:
            taps["block1"], taps["block2"] = first, second
        return self.linear(second.flatten(1))


def move_statistics(model, on):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.1 if on else 0.0


def train(model, state, x, y, rho, statistics):
    model.load_state_dict(state)
    model.train()
    parameters = list(model.parameters())
    optimizer = torch.optim.SGD(parameters, LEARNING_RATE, MOMENTUM, weight_decay=WEIGHT_DECAY)
    losses = []
    for step in range(STEPS):
        first = step % BATCHES * BATCH
        images, labels = scaled(x[first:first + BATCH]), y[first:first + BATCH]
        optimizer.zero_grad()
        move_statistics(model, rho == 0 or statistics != "second")
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        losses.append(loss.item())
        if rho:
            before = [p.detach().clone() for p in parameters]
            norm = torch.norm(torch.stack([p.grad.norm() for p in parameters]))
            with torch.no_grad():
                for p in parameters:
                    p.add_(p.grad * (rho / (norm + 1e-12)))
            optimizer.zero_grad()
            move_statistics(model, statistics != "first")
            F.cross_entropy(model(images), labels).backward()
            with torch.no_grad():
                for p, w in zip(parameters, before):
                    p.copy_(w)
        optimizer.step()
    return losses


def scaled(images):
    return (images.float() - 128) / 64


def initialize(model):
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, 0, (2 / (module.kernel_size[0] ** 2 * module.out_channels)) ** 0.5)


def make(name, model, shape):
    initialize(model)
    generator = torch.Generator().manual_seed(1)
    x = torch.randint(0, 256, (BATCH * BATCHES, *shape), generator=generator, dtype=torch.uint8)
    y = torch.randint(0, 10, (BATCH * BATCHES,), generator=generator)
    state = {key: value.clone() for key, value in model.state_dict().items()}
    out = {"x": x.numpy(), "y": y.numpy()}
    out.update({f"init/{key}": value.numpy() for key, value in state.items()})
    model.eval()
    with torch.no_grad():
        taps = {}
        out["logits"] = model(scaled(x[:BATCH]), taps).numpy()
        out.update({f"tap/{key}": value[:2].numpy() for key, value in taps.items() if key != "block1"})
    for optimizer, rho, statistics in (("sgd", 0, "both"), ("sam", RHO, "both"), ("sam_first", RHO, "first"), ("sam_second", RHO, "second")):
        out[f"{optimizer}.losses"] = np.array(train(model, state, x, y, rho, statistics))
        whole = optimizer in ("sgd", "sam")  # the other two differ in the running statistics alone
        for key, value in model.state_dict().items():
            if whole or "running" in key:
                out[f"{optimizer}/{key}"] = value.numpy().copy()
    np.savez_compressed(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), **out)


torch.manual_seed(1)
torch.set_num_threads(2)
make("resnet.npz", ResNet(4, 3, 10), (3, 32, 32))
make("classifier.npz", Classifier(4, 10), (1, 28, 28))

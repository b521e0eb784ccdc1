"""Golden files of pruning: what PyTorch's own torch.nn.utils.prune chooses, and what the network computes with whole channels at zero.

Made with Debian 12's python3-torch 1.13.1:  /usr/bin/python3 tests/golden/prune/make.py
Writes, beside itself, classifier.npz (the small classifier, width 4, 1x28x28) and resnet18.npz (pre-activation ResNet-18, width 4, 3x32x32).
Keys: x [4, C, H, W] float32 in steps of 1/64; init/NAME, with batch norms as after a training; layer/NAME and global/NAME: masks (uint8, 1 live)
of l1_unstructured and global_unstructured at AMOUNT of every convolution and linear weight; channel/NAME: masks of ln_structured (n=2) along the
outputs, the last linear layer aside; channel.logits: evaluation with these, where bias and batch norm of the channels are zero too.
"""
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import prune

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "parity"))
from resnet import ResNet  # noqa: E402

AMOUNT = 0.4


class Classifier(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 4, 2, 1)
        self.conv2 = nn.Conv2d(width, 2 * width, 4, 2, 1)
        self.bn2 = nn.BatchNorm2d(2 * width)
        self.linear = nn.Linear(2 * width * 7 * 7, classes)

    def forward(self, x):
        x = F.leaky_relu(self.conv1(x), 0.2)
        return self.linear(F.leaky_relu(self.bn2(self.conv2(x)), 0.2).flatten(1))


def layers(model):
    return [(name, module) for name, module in model.named_modules() if isinstance(module, (nn.Conv2d, nn.Linear))]


def masks(model, state, choose):
    """Masks that a function of torch.nn.utils.prune leaves; the model gets its weights back."""
    choose()
    found = {name: module.weight_mask.numpy().astype(np.uint8) for name, module in layers(model) if prune.is_pruned(module)}
    for name, module in layers(model):
        if name in found:
            prune.remove(module, "weight")
    model.load_state_dict(state)
    return found


def per_layer(model):
    for _, module in layers(model):
        prune.l1_unstructured(module, "weight", amount=int(AMOUNT * module.weight.numel()))


def over_all(model):
    chosen = [(module, "weight") for _, module in layers(model)]
    prune.global_unstructured(chosen, prune.L1Unstructured, amount=int(AMOUNT * sum(module.weight.numel() for module, _ in chosen)))


def by_channel(model):
    for name, module in layers(model):
        if name != "linear" and int(AMOUNT * module.weight.shape[0]) > 0:
            prune.ln_structured(module, "weight", amount=int(AMOUNT * module.weight.shape[0]), n=2, dim=0)


def make(name, model, norm_of, shape):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.3)
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 1.5)
    state = {key: value.clone() for key, value in model.state_dict().items()}
    x = torch.randint(-128, 128, (4, *shape)) / 64
    out = {"x": x.numpy()}
    out.update({f"init/{key}": value.numpy() for key, value in state.items()})
    for scope, choose in (("layer", per_layer), ("global", over_all), ("channel", by_channel)):
        out.update({f"{scope}/{key}.weight": value for key, value in masks(model, state, lambda: choose(model)).items()})

    model.eval()
    modules = dict(model.named_modules())
    with torch.no_grad():
        for key, module in layers(model):
            mask = out.get(f"channel/{key}.weight")
            if mask is None:
                continue
            module.weight *= torch.from_numpy(mask)
            live = torch.from_numpy(mask).flatten(1)[:, 0]
            for belongs in (module.bias, *(modules[norm_of(key)].parameters() if norm_of(key) else ())):
                if belongs is not None:
                    belongs *= live
        out["channel.logits"] = model(x).numpy()
    np.savez_compressed(os.path.join(HERE, f"{name}.npz"), **out)


torch.manual_seed(1)
torch.set_num_threads(1)
make("classifier", Classifier(4, 10), lambda layer: "bn2" if layer == "conv2" else None, (1, 28, 28))
make("resnet18", ResNet(4, 3, 10), lambda layer: layer.replace("conv1", "bn2") if "." in layer and layer.endswith("conv1") else None, (3, 32, 32))

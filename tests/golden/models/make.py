"""Golden files of the networks: logits, taps, gradients and running statistics in PyTorch, one file for each case.

Made with Debian 12's python3-torch 1.13.1:  /usr/bin/python3 tests/golden/models/make.py
Writes, beside itself, CASE.npz; the case names the model, its width, the channels and the side of the images, and the classes.

No weights are stored: both sides compute them (and the images) from a hash of the place of each number, so that the files stay small. The state is
taken in the order of its names, without num_batches_tracked; the j-th tensor has the numbers offset + scale * u(i, j), where u is in [-1, 1):
    weights of two and more dimensions 0 + sqrt(6 / fan-in) u; of one dimension, and running_var, 1 + u / 4; running_mean and biases u / 10; all else u.
The images are 1.5 u(i, 1000), the labels 7 i mod classes.

Keys: shape/NAME; eval/logits; tap/NAME (evaluation, first example); train/logits, gradient/NAME and buffer/NAME (of one pass in training, with the mean cross
entropy; with dropout, in evaluation). Of vgg16 also relu_mean_square: the mean square over the batch of each of its fifteen ReLUs, in evaluation. Taps, gradients and buffers are thinned out evenly, starting from their first number: see thin.
"""
import os

import numpy as np
import torch
import torch.nn.functional as F

import networks

BATCH = 4
CASES = {
    "resnet18": lambda *s: networks.PreActResNet(*s),
    "resnet18-softplus20": lambda *s: networks.PreActResNet(*s, activation=lambda x: F.softplus(x, 20)),
    "resnet18_gn": lambda *s: networks.PreActResNet(*s, groups=s[0] // 2),
    "resnet18_plain": lambda *s: networks.ResNet(*s),
    "resnet34_plain": lambda *s: networks.ResNet(*s, blocks=(3, 4, 6, 3)),
    "resnet34_gn": lambda *s: networks.PreActResNet(*s, blocks=(3, 4, 6, 3), groups=s[0] // 2),
    "resnet34preact": lambda *s: networks.PreActResNet(*s, blocks=(3, 4, 6, 3)),
    "resnet_tiny": lambda *s: networks.PreActResNet(*s, blocks=(1, 1, 1, 1)),
    "resnet_tiny_gn": lambda *s: networks.PreActResNet(*s, blocks=(1, 1, 1, 1), groups=s[0] // 2),
    "wrn28": networks.WideResNet,
    "densenet40": networks.DenseNet,
    "vgg16": networks.Vgg,
    "vit_basic": networks.Vit,
    "vit_exp": networks.SimpleVit,
    "lenet": networks.LeNet,
    "cnn": networks.Cnn,
    "fc": networks.Fc,
    "linear": networks.Linear,
}
# name, width, channels, side, classes
MADE = [
    ("resnet18", 4, 3, 32, 2), ("resnet18-softplus20", 4, 3, 32, 10), ("resnet18_gn", 4, 3, 64, 10), ("resnet18_plain", 4, 3, 64, 10),
    ("resnet34_plain", 2, 3, 32, 10), ("resnet34preact", 2, 3, 64, 10), ("resnet34_gn", 4, 3, 64, 10), ("resnet_tiny", 4, 3, 64, 10), ("resnet_tiny_gn", 8, 1, 32, 2),
    ("wrn28", 1, 3, 64, 10), ("wrn28", 2, 3, 32, 2), ("densenet40", 4, 3, 32, 10), ("vgg16", 4, 3, 64, 10), ("vit_basic", 16, 3, 32, 10),
    ("vit_exp", 16, 3, 32, 10), ("lenet", 6, 1, 28, 10), ("lenet", 5, 3, 32, 10), ("cnn", 4, 3, 28, 10), ("fc", 16, 1, 28, 10),
    ("linear", 1, 3, 32, 10), ("linear", 1, 3, 32, 2),
]


def u(count, place):
    h = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32((place + 1) * 0x85EBCA6B % 2 ** 32)
    h = (h ^ h >> np.uint32(16)) * np.uint32(0x85EBCA6B)
    h = (h ^ h >> np.uint32(13)) * np.uint32(0xC2B2AE35)
    return (h ^ h >> np.uint32(16)).astype(np.float64) / 2 ** 31 - 1


def numbers(name, shape, place):
    count, leaf = int(np.prod(shape)), name.split(".")[-1]
    if leaf == "weight" and len(shape) > 1:
        offset, scale = 0, np.sqrt(6 / (count // shape[0]))
    elif leaf in ("weight", "running_var"):
        offset, scale = 1, 1 / 4
    elif leaf in ("bias", "running_mean"):
        offset, scale = 0, 1 / 10
    else:
        offset, scale = 0, 1
    return torch.from_numpy((offset + scale * u(count, place)).astype(np.float32).reshape(shape))


def thin(tensor, most):
    flat = tensor.detach().reshape(-1)
    return flat[:: max(1, len(flat) // most)].numpy()


def make(name, width, channels, side, classes):
    model = CASES[name](width, channels, side, classes)
    state = {key: value for key, value in sorted(model.state_dict().items()) if not key.endswith("num_batches_tracked")}
    for place, (key, value) in enumerate(state.items()):
        value.copy_(numbers(key, tuple(value.shape), place))
    x = torch.from_numpy((1.5 * u(BATCH * channels * side ** 2, 1000)).astype(np.float32).reshape(BATCH, channels, side, side))
    y = torch.arange(BATCH) * 7 % classes
    out = {f"shape/{key}": np.array(value.shape) for key, value in state.items()}
    model.eval()
    taps = {}
    with torch.no_grad():
        out["eval/logits"] = model(x, taps).numpy()
    out.update({f"tap/{key}": thin(value[0], 64) for key, value in taps.items()})
    if name == "vgg16":
        out["relu_mean_square"] = np.array([float((taps[f"relu{i}"].double() ** 2).mean()) for i in range(1, 16)])
    model.train(name != "vit_basic")
    logits = model(x)
    F.cross_entropy(logits, y).backward()
    out["train/logits"] = logits.detach().numpy()
    out.update({f"gradient/{key}": thin(value.grad, 16) for key, value in model.named_parameters()})
    out.update({f"buffer/{key}": thin(value, 16) for key, value in state.items() if ".running_" in key})
    case = f"{name}-{width}-{channels}-{side}-{classes}"
    print(case, sum(p.numel() for p in model.parameters()), float(logits.abs().max()))
    np.savez_compressed(os.path.join(os.path.dirname(os.path.abspath(__file__)), case), **out)


torch.set_num_threads(1)
for case in MADE:
    make(*case)

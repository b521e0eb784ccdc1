"""Features that Sharpless wrote of ML.NET's ResNet-18 against PyTorch's, by another way at every step.

    /usr/bin/python3 docs/results/foreign/check.py ResNet18.onnx ResNetPreprocess.onnx PICTURES FEATURES.npz

With Debian 12's python3-torch 1.13.1, python3-onnx 1.12 and python3-pil. The network is not run from its graph: the layers of a residual network are written
down here, and only weights are taken from the file, in its order. Pictures are decoded by Pillow and resized by torch.nn.functional.interpolate.
Features are those of `sharpless pretrained-rank --features-out`, at nodes that end a stage; flattened, or the mean over positions.
"""
import os
import sys

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from PIL import Image
from torch.nn import functional as F

network, preparation, folder, features = sys.argv[1:]
graph = onnx.load(network).graph
weights = {item.name: torch.from_numpy(numpy_helper.to_array(item).copy()) for item in graph.initializer}
convolutions = iter([weights[node.input[1]] for node in graph.node if node.op_type == "Conv"])
normalizations = iter([[weights[name] for name in node.input[1:]] for node in graph.node if node.op_type == "BatchNormalization"])
mean = torch.from_numpy(numpy_helper.to_array(onnx.load(preparation).graph.initializer[0]).copy())


def layer(stride):
    """A convolution with its batch norm: a function whose weights are the next ones in the file."""
    w, (gamma, beta, moving_mean, moving_variance) = next(convolutions), next(normalizations)
    size = w.shape[2]
    # As if padded to keep the size: with stride 2 one less behind.
    before, behind = size // 2, size // 2 if stride == 1 or size == 1 else size // 2 - 1

    def run(x):
        x = F.conv2d(F.pad(x, (before, behind, before, behind)), w, stride=stride)
        return (x - moving_mean[:, None, None]) / torch.sqrt(moving_variance[:, None, None] + 1e-5) * gamma[:, None, None] + beta[:, None, None]

    return run


stem = layer(2)
stages = []
for stage, blocks in enumerate([2, 2, 2, 3]):
    stages.append([])
    for block in range(blocks):
        stride = 2 if stage > 0 and block == 0 else 1
        # The file has the shortcut's convolution before the block's own.
        shortcut = layer(stride) if stride == 2 else None
        stages[-1].append((shortcut, layer(stride), layer(1)))
assert next(convolutions, None) is None and next(normalizations, None) is None, "The file has more layers than a residual network of 2, 2, 2 and 3 blocks."


def taps(x):
    x = torch.relu(stem(x))
    x = F.max_pool2d(F.pad(x, (1, 0, 1, 0)), 3, stride=2)
    yield "Pooling255", x
    for stage, name in zip(stages, ["ReLU283", "ReLU315", "ReLU347", "ReLU393"]):
        for shortcut, first, second in stage:
            x = torch.relu(second(torch.relu(first(x))) + (shortcut(x) if shortcut else x))
        yield name, x
    yield "Pooling395", x.mean((2, 3), keepdim=True)


def picture(path):
    image = Image.open(path).convert("RGBA")
    paper = Image.new("RGBA", image.size, (255, 255, 255, 255))
    pixels = np.asarray(Image.alpha_composite(paper, image).convert("RGB"), np.float32).transpose(2, 0, 1)
    return F.interpolate(torch.from_numpy(pixels.copy())[None], (224, 224), mode="bilinear", align_corners=False)


ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
paths = sorted(os.path.relpath(os.path.join(top, name), folder) for top, _, names in os.walk(folder) for name in names if name.lower().endswith(ENDINGS))
found = dict(np.load(features))
count = len(found["Pooling395"])
largest, scale = {}, {}
with torch.no_grad():
    for i, path in enumerate(paths[:count]):
        for name, value in taps(picture(os.path.join(folder, path)).flip(1) - mean):
            if name not in found:
                continue
            actual = torch.from_numpy(found[name][i])
            expected = value[0].mean((1, 2)) if len(actual) == value.shape[1] else value[0].flatten()
            largest[name] = max(largest.get(name, 0), (actual - expected).abs().max().item())
            scale[name] = max(scale.get(name, 0), expected.abs().max().item())
print(f"{count} pictures of {folder}")
for name, difference in largest.items():
    print(f"{name}: largest difference {difference:.2e}, largest value {scale[name]:.2e}, ratio {difference / scale[name]:.1e}")
sys.exit(max(difference / scale[name] for name, difference in largest.items()) > 1e-4)

"""A small network of one's own as TorchScript, and what PyTorch computes at its output and inside.

Made with Debian 12's python3-torch 1.13.1:  /usr/bin/python3 tests/golden/pretrained/make_script.py
Writes, beside itself, own.pt (scripted), own-traced.pt (traced), own-frozen.pt (without submodules), own.onnx, own-batch2.onnx
(for two images at a time), and own.features.npz: images [3, 3, 12, 12], output, and the
outputs of stem, blocks.0, blocks.1 and blocks.1.second.
own-half.pt and own-bfloat16.pt are the same network with weights of two bytes, and NAME.output.npy what it gives in float32 with those weights. own-cast.pt
turns its images to float16 inside its code, which nothing outside can change.
"""
import os
from typing import Tuple

import numpy as np
import torch
import torch.nn as nn

HERE = os.path.dirname(os.path.abspath(__file__))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(8, 16), nn.Linear(16, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.second(torch.relu(self.first(x)))


class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, stride=4)
        self.blocks = nn.Sequential(Block(), Block())
        self.late = nn.Linear(8, 8)
        self.drop = nn.Dropout(0.5)

    def forward(self, x: torch.Tensor, scale: float = 2.0) -> Tuple[torch.Tensor, torch.Tensor]:
        x = self.blocks(self.stem(x).flatten(2).transpose(1, 2))
        if x.size(1) > 100:
            x = self.late(x)
        return self.drop(x).mean(1) * scale, x


torch.manual_seed(3)
network = Own().eval()
images = torch.from_numpy((np.random.default_rng(8).integers(-64, 65, (3, 3, 12, 12)) / 64).astype(np.float32))
found = {}
for name, module in network.named_modules():
    if name in ("stem", "blocks.0", "blocks.1", "blocks.1.second"):
        module.register_forward_hook(lambda _, __, output, name=name: found.__setitem__(name, output.detach().numpy()))
with torch.no_grad():
    found["output"] = network(images)[0].numpy()
np.savez_compressed(os.path.join(HERE, "own.features.npz"), images=images.numpy(), **found)
for module in network.modules():
    module._forward_hooks.clear()
# Saved in training mode: whoever measures it has to switch dropout off.
torch.jit.script(network.train()).save(os.path.join(HERE, "own.pt"))
torch.jit.trace(network.eval(), images).save(os.path.join(HERE, "own-traced.pt"))
torch.jit.freeze(torch.jit.script(network.eval())).save(os.path.join(HERE, "own-frozen.pt"))



class Plain(Own):
    """Without the second argument, which an exporter would make an input of the graph."""

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        return super().forward(x)


plain = Plain().eval()
plain.load_state_dict(network.state_dict())
# For batches of any size, and for exactly two images.
for case, axes, batch in (("own.onnx", {"images": {0: "batch"}}, images), ("own-batch2.onnx", None, images[:2])):
    torch.onnx.export(
        plain, batch, os.path.join(HERE, case), input_names=["images"], output_names=["output", "tokens"], dynamic_axes=axes, opset_version=13
    )


class Cast(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, stride=4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.stem(x.half()).flatten(1)


for name, kind in (("half", torch.float16), ("bfloat16", torch.bfloat16)):
    network.to(kind)
    torch.jit.script(network).save(os.path.join(HERE, f"own-{name}.pt"))
    with torch.no_grad():
        np.save(os.path.join(HERE, f"own-{name}.output.npy"), network.float()(images)[0].numpy())
torch.jit.script(Cast()).save(os.path.join(HERE, "own-cast.pt"))

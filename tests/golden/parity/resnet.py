"""Pre-activation ResNet-18 for small images in PyTorch, as commonly written: the reference of the golden files and of bench/step.py."""
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False))

    def forward(self, x):
        o = F.relu(self.bn1(x))
        shortcut = self.shortcut(o) if hasattr(self, "shortcut") else x
        return self.conv2(F.relu(self.bn2(self.conv1(o)))) + shortcut


class ResNet(nn.Module):
    def __init__(self, width, channels, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False)
        inputs = width
        for stage in range(4):
            blocks = []
            for block in range(2):
                blocks.append(Block(inputs, width << stage, 2 if stage and not block else 1))
                inputs = width << stage
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.bn = nn.BatchNorm2d(inputs)
        self.linear = nn.Linear(inputs, classes)

    def forward(self, x, taps=None):
        x = self.conv1(x)
        for stage in range(4):
            x = getattr(self, f"layer{stage + 1}")(x)
            if taps is not None and stage < 3:
                taps[f"block{stage + 1}"] = x
        x = F.relu(self.bn(x))
        pooled = F.avg_pool2d(x, 4).flatten(1)
        if taps is not None:
            taps["block4"], taps["block5"] = x, pooled
        return self.linear(pooled)

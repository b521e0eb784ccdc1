"""The networks of the classification experiments in PyTorch, as commonly written: the reference of the golden files of this folder.

forward(x, taps) returns the logits and, where taps is a dictionary, fills in the activations.
"""

import torch
import torch.nn.functional as F
from torch import nn


def note(taps, name, value):
    if taps is not None:
        taps[name] = value


def conv3(inputs, outputs, stride=1, bias=False):
    return nn.Conv2d(inputs, outputs, 3, stride, 1, bias=bias)


class PreActBlock(nn.Module):
    def __init__(self, inputs, outputs, stride, norm, activation, droprate, shortcut):
        super().__init__()
        self.activation, self.droprate = activation, droprate
        self.bn1, self.conv1 = norm(inputs), conv3(inputs, outputs, stride)
        self.bn2, self.conv2 = norm(outputs), conv3(outputs, outputs)
        self.short = None
        if stride != 1 or inputs != outputs:
            projection = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.short = shortcut
            setattr(self, shortcut, nn.Sequential(projection) if shortcut == "shortcut" else projection)

    def forward(self, x):
        o = self.activation(self.bn1(x))
        shortcut = getattr(self, self.short)(o) if self.short else x
        o = self.activation(self.bn2(self.conv1(o)))
        return self.conv2(F.dropout(o, self.droprate, self.training)) + shortcut


class PreActResNet(nn.Module):
    def __init__(self, width, channels, size, classes, blocks=(2, 2, 2, 2), groups=None, activation=F.relu, droprate=0.0):
        super().__init__()
        norm = (lambda c: nn.GroupNorm(groups, c)) if groups else nn.BatchNorm2d
        self.two, inputs = classes == 2, width
        self.conv1 = conv3(channels, width)
        for stage, count in enumerate(blocks):
            layers = []
            for block in range(count):
                layers.append(PreActBlock(inputs, width << stage, 2 if stage and not block else 1, norm, activation, droprate, "shortcut"))
                inputs = width << stage
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.bn = norm(inputs)
        self.linear = nn.Linear(inputs * (size // 32) ** 2, 1 if self.two else classes)

    def forward(self, x, taps=None):
        x = self.conv1(x)
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
            if stage < 4:
                note(taps, f"block{stage}", x)
        x = F.relu(self.bn(x))
        note(taps, "block4", x)
        x = F.avg_pool2d(x, 4).flatten(1)
        note(taps, "block5", x)
        z = self.linear(x)
        return torch.cat([torch.zeros_like(z), z], 1) if self.two else z


class WideBlocks(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.layer = nn.Sequential(*[
            PreActBlock(outputs if i else inputs, outputs, 1 if i else stride, nn.BatchNorm2d, F.relu, 0.0, "convShortcut") for i in range(4)])

    def forward(self, x):
        return self.layer(x)


class WideResNet(nn.Module):
    def __init__(self, width, channels, size, classes):
        super().__init__()
        self.conv1 = conv3(channels, 16)
        self.block1 = WideBlocks(16, 16 * width, 1)
        self.block2 = WideBlocks(16 * width, 32 * width, 2)
        self.block3 = WideBlocks(32 * width, 64 * width, 2)
        self.bn1 = nn.BatchNorm2d(64 * width)
        self.fc = nn.Linear(64 * width * (size // 32) ** 2, classes)

    def forward(self, x, taps=None):
        x = self.block1(self.conv1(x))
        note(taps, "block1", x)
        x = self.block2(x)
        note(taps, "block2", x)
        x = F.relu(self.bn1(self.block3(x)))
        note(taps, "block3", x)
        x = F.avg_pool2d(x, 8).flatten(1)
        note(taps, "block4", x)
        return self.fc(x)


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = conv3(inputs, outputs, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = conv3(outputs, outputs), nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        o = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(o + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self, width, channels, size, classes, blocks=(2, 2, 2, 2)):
        super().__init__()
        self.conv1, self.bn1, inputs = conv3(channels, width), nn.BatchNorm2d(width), width
        for stage, count in enumerate(blocks):
            layers = []
            for block in range(count):
                layers.append(BasicBlock(inputs, width << stage, 2 if stage and not block else 1))
                inputs = width << stage
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.linear = nn.Linear(inputs * (size // 32) ** 2, classes)

    def forward(self, x, taps=None):
        x = F.relu(self.bn1(self.conv1(x)))
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
            note(taps, f"block{stage}", x)
        x = F.avg_pool2d(x, 4).flatten(1)
        note(taps, "block5", x)
        return self.linear(x)


class Bottleneck(nn.Module):
    def __init__(self, inputs, growth):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), nn.Conv2d(inputs, 4 * growth, 1, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm2d(4 * growth), conv3(4 * growth, growth)

    def forward(self, x):
        return torch.cat([x, self.conv2(F.relu(self.bn2(self.conv1(F.relu(self.bn1(x))))))], 1)


class Transition(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x, taps, name):
        o = F.relu(self.bn1(x))
        note(taps, name, o)
        return F.avg_pool2d(self.conv1(o), 2)


class DenseNet(nn.Module):
    def __init__(self, width, channels, size, classes, layers=6):
        super().__init__()
        n = 2 * width
        self.conv1 = conv3(channels, n)
        for block in (1, 2, 3):
            setattr(self, f"dense{block}", nn.Sequential(*[Bottleneck(n + i * width, width) for i in range(layers)]))
            n += layers * width
            if block < 3:
                setattr(self, f"trans{block}", Transition(n, n // 2))
                n //= 2
        self.bn1, self.fc = nn.BatchNorm2d(n), nn.Linear(n, classes)

    def forward(self, x, taps=None):
        x = self.conv1(x)
        note(taps, "block1", x)
        x = self.trans1(self.dense1(x), taps, "block2")
        x = self.trans2(self.dense2(x), taps, "block3")
        x = F.relu(self.bn1(self.dense3(x)))
        note(taps, "block4", x)
        x = x.mean((2, 3))
        note(taps, "block5", x)
        return F.log_softmax(self.fc(x), 1)


class Vgg(nn.Module):
    def __init__(self, width, channels, size, classes):
        super().__init__()
        layers, inputs = [], channels
        for count, wide in ((2, 1), (2, 2), (3, 4), (3, 8), (3, 8)):
            for _ in range(count):
                layers += [conv3(inputs, wide * width, bias=True), nn.ReLU()]
                inputs = wide * width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        hidden = 8 * width
        self.classifier = nn.Sequential(
            nn.Linear(hidden * (size // 32) ** 2, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, classes))

    def forward(self, x, taps=None):
        relus = blocks = 0
        for layer in self.features:
            x = layer(x)
            if isinstance(layer, nn.ReLU):
                relus += 1
                note(taps, f"relu{relus}", x)
            if isinstance(layer, nn.MaxPool2d):
                blocks += 1
                note(taps, f"block{blocks}", x)
        x = x.flatten(1)
        for layer in self.classifier:
            x = layer(x)
            if isinstance(layer, nn.ReLU):
                relus, blocks = relus + 1, blocks + 1
                note(taps, f"relu{relus}", x)
                note(taps, f"block{blocks}", x)
        return x


def heads(x):
    return x.view(*x.shape[:2], 16, 64).transpose(1, 2)


def attention(q, k, v, dropout=nn.Identity()):
    weights = dropout(torch.softmax(heads(q) @ heads(k).transpose(-1, -2) / 8, -1))
    return (weights @ heads(v)).transpose(1, 2).flatten(2)


def patches(x):
    b, c, h, w = x.shape
    return x.view(b, c, h // 4, 4, w // 4, 4).permute(0, 2, 4, 3, 5, 1).reshape(b, h * w // 16, 16 * c)


class Patches(nn.Module):
    def forward(self, x):
        return patches(x)


def embedding(channels, width):
    return nn.Sequential(Patches(), nn.LayerNorm(16 * channels), nn.Linear(16 * channels, width), nn.LayerNorm(width))


class PreNorm(nn.Module):
    def __init__(self, width, fn):
        super().__init__()
        self.norm, self.fn = nn.LayerNorm(width), fn

    def forward(self, x):
        return self.fn(self.norm(x))


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.to_qkv = nn.Linear(width, 3 * 1024, bias=False)
        self.dropout = nn.Dropout(0.1)
        self.to_out = nn.Sequential(nn.Linear(1024, width), nn.Dropout(0.1))

    def forward(self, x):
        return self.to_out(attention(*self.to_qkv(x).chunk(3, -1), self.dropout))


class FeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(0.1), nn.Linear(2 * width, width), nn.Dropout(0.1))

    def forward(self, x):
        return self.net(x)


class Blocks(nn.Module):
    def __init__(self, pairs):
        super().__init__()
        self.layers = nn.ModuleList([nn.ModuleList(pair) for pair in pairs])

    def forward(self, x, taps):
        for i, (attend, feed) in enumerate(self.layers):
            x = attend(x) + x
            x = feed(x) + x
            note(taps, f"block{i + 1}", x)
        return x


class Vit(nn.Module):
    def __init__(self, width, channels, size, classes):
        super().__init__()
        self.to_patch_embedding = embedding(channels, width)
        self.pos_embedding = nn.Parameter(torch.randn(1, (size // 4) ** 2 + 1, width))
        self.cls_token = nn.Parameter(torch.randn(1, 1, width))
        self.dropout = nn.Dropout(0.1)
        self.transformer = Blocks([(PreNorm(width, Attention(width)), PreNorm(width, FeedForward(width))) for _ in range(6)])
        self.mlp_head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, classes))

    def forward(self, x, taps=None):
        x = self.to_patch_embedding(x)
        x = torch.cat([self.cls_token.repeat(len(x), 1, 1), x], 1) + self.pos_embedding
        x = self.mlp_head[0](self.transformer(self.dropout(x), taps)[:, 0])
        note(taps, "block7", x)
        return self.mlp_head[1](x)


class SimpleAttention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.to_qkv, self.to_out = nn.Linear(width, 3 * 1024, bias=False), nn.Linear(1024, width, bias=False)

    def forward(self, x):
        return self.to_out(attention(*self.to_qkv(self.norm(x)).chunk(3, -1)))


class SimpleFeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.net = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x):
        return self.net(x)


class SimpleVit(nn.Module):
    def __init__(self, width, channels, size, classes):
        super().__init__()
        self.side, self.width = size // 4, width
        self.to_patch_embedding = embedding(channels, width)
        self.transformer = Blocks([(SimpleAttention(width), SimpleFeedForward(width)) for _ in range(6)])
        self.linear_head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, classes))

    def positions(self):
        y, x = torch.meshgrid(torch.arange(self.side), torch.arange(self.side), indexing="ij")
        omega = 1 / 10000 ** (torch.arange(self.width // 4) / (self.width // 4 - 1))
        x, y = x.flatten()[:, None] * omega, y.flatten()[:, None] * omega
        return torch.cat([x.sin(), x.cos(), y.sin(), y.cos()], 1)

    def forward(self, x, taps=None):
        x = self.to_patch_embedding(x) + self.positions()
        x = self.linear_head[0](self.transformer(x, taps).mean(1))
        note(taps, "block7", x)
        return self.linear_head[1](x)


class LeNet(nn.Module):
    def __init__(self, width, channels, size, classes):
        super().__init__()
        second, side = 8 * width // 3, ((size - 4) // 2 - 4) // 2
        self.conv1, self.conv2 = nn.Conv2d(channels, width, 5), nn.Conv2d(width, second, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(second * side ** 2, 20 * width), nn.Linear(20 * width, 14 * width), nn.Linear(14 * width, classes)

    def forward(self, x, taps=None):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        note(taps, "block1", x)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        note(taps, "block2", x)
        x = F.relu(self.fc1(x.flatten(1)))
        note(taps, "block3", x)
        x = F.relu(self.fc2(x))
        note(taps, "block4", x)
        return self.fc3(x)


class Cnn(nn.Module):
    def __init__(self, width, channels, size, classes):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = conv3(channels, width, bias=True), conv3(width, 2 * width, bias=True), conv3(2 * width, 4 * width, bias=True)
        self.linear = nn.Linear(4 * width * (size // 8) ** 2, classes)

    def forward(self, x, taps=None):
        for i in (1, 2, 3):
            x = F.max_pool2d(F.relu(getattr(self, f"conv{i}")(x)), 2)
            note(taps, f"block{i}", x)
        return self.linear(x.flatten(1))


class Fc(nn.Module):
    def __init__(self, width, channels, size, classes):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(channels * size ** 2, width), nn.Linear(width, width), nn.Linear(width, classes)

    def forward(self, x, taps=None):
        x = F.relu(self.fc1(x.flatten(1)))
        note(taps, "block1", x)
        x = F.relu(self.fc2(x))
        note(taps, "block2", x)
        return self.fc3(x)


class Linear(nn.Module):
    def __init__(self, width, channels, size, classes):
        super().__init__()
        self.two = classes == 2
        self.linear = nn.Linear(channels * size ** 2, 1 if self.two else classes, bias=False)

    def forward(self, x, taps=None):
        x = x.flatten(1)
        note(taps, "input", x)
        z = self.linear(x)
        return torch.cat([torch.zeros_like(z), z], 1) if self.two else z

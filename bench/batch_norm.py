"""Time of addition + batch norm + ReLU, forward and backward: Sharpless's operator against libtorch's operators.

    OMP_NUM_THREADS=2 python3 bench/batch_norm.py artifacts/native/libsharpless.so [width ...]

Every normalization of one training pass of a pre-activation ResNet-18 at batch 128 and 3x32x32, bfloat16,
channels-last, training mode; both in one process on the same libtorch, in alternating pairs, medians.
"""

import statistics
import sys
import time
from collections import Counter

import torch
import torch.nn.functional as F

BATCH = 128
PAIRS = 9


def normalizations(width):
    """(channels, side of the image, whether a residual is added first) of each normalization."""
    found = []
    side, channels = 32, width
    for stage in range(4):
        for block in range(2):
            found.append((channels, side, stage + block > 0))
            if stage > 0 and block == 0:
                side //= 2
            channels = width * 2**stage
            found.append((channels, side, False))
    return found + [(channels, side, True)]


class Problem:
    def __init__(self, channels, side, has_residual):
        self.input = self.image(channels, side).requires_grad_()
        self.residual = self.image(channels, side).requires_grad_() if has_residual else None
        self.weight, self.bias = torch.ones(channels).requires_grad_(), torch.zeros(channels).requires_grad_()
        self.mean, self.variance = torch.zeros(channels), torch.ones(channels)
        self.gradients = [self.image(channels, side) for _ in range(2 if has_residual else 1)]

    @staticmethod
    def image(channels, side):
        return torch.randn(BATCH, channels, side, side).bfloat16().contiguous(memory_format=torch.channels_last)

    def ours(self):
        return torch.ops.sharpless.batch_norm_act(
            self.input, self.residual, self.weight, self.bias, self.mean, self.variance, True, True, 0.1, 1e-5, 0.0)

    def theirs(self):
        total = self.input if self.residual is None else self.input + self.residual
        return F.relu(F.batch_norm(total, self.mean, self.variance, self.weight, self.bias, True, 0.1, 1e-5)), total

    def seconds(self, forward):
        leaves = [leaf for leaf in (self.input, self.residual, self.weight, self.bias) if leaf is not None]
        start = time.perf_counter()
        results = forward()[: len(self.gradients)]
        middle = time.perf_counter()
        torch.autograd.grad(results, leaves, self.gradients)
        return middle - start, time.perf_counter() - middle


def measure(width):
    totals = [0.0] * 4
    for shape, count in Counter(normalizations(width)).items():
        problem = Problem(*shape)
        rows = [problem.seconds(problem.ours) + problem.seconds(problem.theirs) for _ in range(PAIRS + 1)][1:]
        for i, column in enumerate(zip(*rows)):
            totals[i] += statistics.median(column) * count * 1e3
    forward, backward, their_forward, their_backward = totals
    print(f"width {width}: ours {forward:.1f} + {backward:.1f} ms, theirs {their_forward:.1f} + {their_backward:.1f} ms, "
          f"ratio {(forward + backward) / (their_forward + their_backward):.2f}")


if __name__ == "__main__":
    torch.ops.load_library(sys.argv[1])
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; forward + backward")
    for chosen in [int(argument) for argument in sys.argv[2:]] or [16, 64]:
        measure(chosen)

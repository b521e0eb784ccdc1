"""Time to perturb the weights and to restore them: Sharpless's kernels against SAM as commonly written per tensor.

    OMP_NUM_THREADS=2 python3 bench/perturb_restore.py artifacts/native/libsharpless.so

Both run in one process on the same libtorch (Debian's python3-torch), in alternating pairs, on the 62 weight tensors
of a ResNet-18 of width 64 (11.17 million weights). Per tensor, float32: the norm of the norms, then for each tensor a
clone of w, the perturbation and an addition; afterwards w is put back, by pointer or by copy. Ours: `squared_norm`
and `ascend`, with the point and its gradient in float32 or in bfloat16. The master never moves, and `descend` writes
the point anyway, so restoring costs nothing; the lines "and a copy" pay for a `copy_to_point` all the same.
"""

import statistics
import sys
import time

import torch

RHO = 0.05
PAIRS = 40


def resnet18_shapes(width=64, classes=10):
    """Shapes of the weights of a ResNet-18 for 32x32 images."""
    shapes = [(width, 3, 3, 3)]
    channels = width
    for stage, out in enumerate((width, 2 * width, 4 * width, 8 * width)):
        for block in range(2):
            shapes += [(out, channels, 3, 3), (out,), (out,), (out, out, 3, 3), (out,), (out,)]
            if stage > 0 and block == 0:
                shapes += [(out, channels, 1, 1)] + [(out,)] * 2
            channels = out
    return shapes + [(width,)] * 2 + [(classes, channels), (classes,)]


class PerTensor:
    """SAM's perturbation as a loop over the parameters."""

    def __init__(self, shapes, restore):
        self.parameters = [torch.randn(shape) for shape in shapes]
        self.gradients = [torch.randn(shape) for shape in shapes]
        self.restore = restore

    def step(self):
        norms = torch.stack([gradient.norm(p=2) for gradient in self.gradients])
        scale = RHO / (norms.norm(p=2) + 1e-12)
        kept = []
        for parameter, gradient in zip(self.parameters, self.gradients):
            kept.append(parameter.data.clone())
            parameter.add_(gradient * scale.to(parameter))
        for parameter, old in zip(self.parameters, kept):
            if self.restore == "pointer":
                parameter.data = old
            else:
                parameter.copy_(old)


class Flat:
    """The same over one flat buffer with Sharpless's kernels."""

    def __init__(self, count, point_type, copies):
        self.master, self.gradient = torch.randn(count), torch.randn(count).to(point_type)
        self.point = torch.empty(count, dtype=point_type)
        self.copies = copies

    def step(self):
        operators = torch.ops.sharpless
        norm = operators.squared_norm(self.gradient, None) ** 0.5
        operators.ascend(self.master, self.gradient, RHO / (norm + 1e-12), None, self.point)
        if self.copies:
            operators.copy_to_point(self.master, self.point)


def seconds(subject):
    start = time.perf_counter()
    subject.step()
    return time.perf_counter() - start


def compare(title, ours, theirs):
    for subject in (ours, theirs):
        for _ in range(5):
            subject.step()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(PAIRS)]
    mine, other = (statistics.median(column) * 1e3 for column in zip(*pairs))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{title:58} {mine:7.2f} ms  {other:7.2f} ms  {ratio:5.2f}x")


def main():
    torch.ops.load_library(sys.argv[1])
    torch.manual_seed(0)
    shapes = resnet18_shapes()
    count = sum(torch.Size(shape).numel() for shape in shapes)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {len(shapes)} tensors, {count:,} weights,")
    print(f"medians of {PAIRS} alternating pairs{'':29} {'ours':>7}     {'per tensor':>7}  ratio")
    for point in (torch.float32, torch.bfloat16):
        name = str(point).removeprefix("torch.")
        for restore, copies in (("pointer", False), ("copy", False), ("copy", True)):
            title = f"{name}{' and a copy' if copies else ''}; theirs restores by {restore}"
            compare(title, Flat(count, point, copies), PerTensor(shapes, restore))


if __name__ == "__main__":
    main()

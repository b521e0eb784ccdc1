# Times sharpless::convolution against libtorch's own, layer by layer of ResNet-18 (32x32 images, batch 128), bfloat16
# channels-last, alternating, best of several. GFLOP/s forward / gradient of input / gradient of weight.
import sys, time, torch
torch.ops.load_library(sys.argv[1])
torch.set_num_threads(2)
widths = [int(w) for w in sys.argv[2].split(',')]
repeats = int(sys.argv[3]) if len(sys.argv) > 3 else 7
ops = torch.ops.aten.convolution_backward
totals = {}

def best(*fs):
    for f in fs: f()
    times = [1e9] * len(fs)
    for _ in range(repeats):
        for i, f in enumerate(fs):
            t = time.perf_counter(); f(); times[i] = min(times[i], time.perf_counter() - t)
    return times

def layer(width, ci, co, size, stride, k, count):
    cl = torch.channels_last
    x = torch.randn(128, ci, size, size).bfloat16().contiguous(memory_format=cl)
    w = torch.randn(co, ci, k, k).bfloat16().contiguous(memory_format=cl)
    p = k // 2
    y = torch.conv2d(x, w, None, stride, p)
    g = torch.randn_like(y)
    flops = 2 * y.numel() * ci * k * k / 1e9
    xg = x.detach().requires_grad_(); wg = w.detach().requires_grad_()
    yx = torch.ops.sharpless.convolution(xg, w, stride, p); yw = torch.ops.sharpless.convolution(x, wg, stride, p)
    theirs = lambda m: (lambda: ops(g, x, w, None, [stride] * 2, [p] * 2, [1, 1], False, [0, 0], 1, m))
    text = f'{ci:4}->{co:4} {size:2} s{stride} k{k}'
    for name, ours, other in (
        ('fwd', lambda: torch.ops.sharpless.convolution(x, w, stride, p), lambda: torch.conv2d(x, w, None, stride, p)),
        ('bwd-in', lambda: torch.autograd.grad(yx, xg, g, retain_graph=True), theirs([True, False, False])),
        ('bwd-w', lambda: torch.autograd.grad(yw, wg, g, retain_graph=True), theirs([False, True, False]))):
        if name == 'bwd-in' and ci == 3: continue
        a, b = best(ours, other)
        text += f' | {name} {flops / b:5.0f} -> {flops / a:5.0f} ({a * 1e3:.2f} ms)'
        t = totals.setdefault(width, [0, 0]); t[0] += count * a; t[1] += count * b
    print(text, flush=True)

for w in widths:
    for args in ((3, w, 32, 1, 3, 1), (w, w, 32, 1, 3, 4), (w, 2*w, 32, 2, 3, 1), (w, 2*w, 32, 2, 1, 1), (2*w, 2*w, 16, 1, 3, 3), (2*w, 4*w, 16, 2, 3, 1), (2*w, 4*w, 16, 2, 1, 1),
                 (4*w, 4*w, 8, 1, 3, 3), (4*w, 8*w, 8, 2, 3, 1), (4*w, 8*w, 8, 2, 1, 1), (8*w, 8*w, 4, 1, 3, 3)): layer(w, *args)
    print(f'width {w}: all convolutions of a SAM step {2 * totals[w][1]:.4f} s -> {2 * totals[w][0]:.4f} s')

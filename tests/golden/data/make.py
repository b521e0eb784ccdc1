"""Writes the MATLAB files and pictures that the tests of readers compare with. Run with Debian's python3: /usr/bin/python3 make.py

Made with numpy 1.24.2, scipy 1.10.1 and Pillow 9.4.0 (Debian python3-numpy, python3-scipy, python3-pil).
"""
import io
import os

import numpy as np
from PIL import Image
from scipy.io import savemat
from scipy.sparse import eye

os.chdir(os.path.dirname(os.path.abspath(__file__)))

# ---------------------------------------------------------------- SVHN: value at row y, column x, channel c of example n
y, x, c, n = np.ogrid[0:32, 0:32, 0:3, 0:3]
images = ((7 * y + 3 * x + 50 * c + 11 * n) % 256).astype(np.uint8)
savemat("svhn_train.mat", {"X": images, "y": np.array([[1], [10], [9]], np.uint8)}, do_compression=True)
savemat("svhn_test.mat", {"X": images[..., 1:], "y": np.array([[10.0], [3.0]])}, do_compression=False)

# ---------------------------------------------------------------- numbers of every type, and what is passed over
numbers = {name: np.array([[-2, 3, 0], [7, -100, 5]]).astype(name) for name in ("int8", "int16", "int32", "float32", "float64")}
numbers |= {name: np.array([[2, 3, 0], [7, 200, 5]]).astype(name) for name in ("uint8", "uint16", "uint32")}
others = {"text": "abc", "struct": {"a": 1.0}, "sparse": eye(3, format="csc"), "complex": np.array([1 + 2j]), "empty": np.zeros((0, 3))}
savemat("numbers.mat", numbers | others, do_compression=False)
savemat("numbers_compressed.mat", numbers | others, do_compression=True)

# ---------------------------------------------------------------- pictures, and what Pillow makes of them
y, x = np.mgrid[0:21, 0:37]
colour = np.stack([x * 6, y * 12, (x * y) % 256, 255 - x * 7 % 200], -1).astype(np.uint8)
rgb, rgba, grey = Image.fromarray(colour[..., :3]), Image.fromarray(colour), Image.fromarray(colour[..., 2])
rng = np.random.default_rng(0)
noise = Image.fromarray(rng.integers(0, 256, (33, 17, 3), dtype=np.uint8))
palette = rgb.quantize(30)
cut_out = palette.copy()
cut_out.info["transparency"] = 3
deep = Image.fromarray((x * 1700 + y).astype(np.uint16))

expected = {}


def save(name, image, **options):
    image.save(name, **options)
    read = Image.open(name)
    read.load()
    # 16-bit grey: Pillow keeps 16 bits; the upper 8 are what it gives of 16-bit colours.
    if read.mode.startswith("I"):
        read = Image.fromarray((np.asarray(read).astype(np.uint32) >> 8).astype(np.uint8))
    expected[name] = np.asarray(read.convert("RGBA"))


save("colour.jpg", rgb, quality=90)
save("noise.jpg", noise, quality=75)
save("progressive.jpg", rgb, quality=60, progressive=True)
save("full.jpg", noise, quality=85, subsampling=0)
save("grey.jpg", grey, quality=80)
save("cmyk.jpg", rgb.convert("CMYK"), quality=90)
save("colour.png", rgb)
save("transparent.png", rgba)
save("grey.png", grey)
save("grey_alpha.png", rgba.convert("LA"))
save("palette.png", palette)
save("cut_out.png", cut_out, transparency=3)
save("one_bit.png", grey.convert("1"))
save("deep.png", deep)
save("lossy.webp", rgb, quality=80)
save("transparent.webp", rgba, lossless=True, exact=True)

# ---------------------------------------------------------------- one colour each, 64x64, for data sets of pictures; flat_4 is grey
for k in range(6):
    flat = np.full((64, 64, 3), (40 * k + 20, 235 - 40 * k, 100), np.uint8)
    if k == 4:
        flat[...] = 77
    save(f"flat_{k}.jpg", Image.fromarray(flat).convert("L" if k == 4 else "RGB"), quality=95)
np.savez_compressed("pictures.npz", **expected)

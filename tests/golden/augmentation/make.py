"""Writes randaugment.npz, which Data/Augmentation/RandAugmentTests.cs reads. Run with Debian's python3: /usr/bin/python3 make.py

Made with Pillow 9.4.0 and numpy 1.24.2. For each image: every operation of RandAugment at magnitude 14 of 30, once with either sign, by
Pillow itself: array out_SHAPE[2 * kind + (sign < 0)]. The middle of the cut out box is (0.3 W, 0.9 H) with the positive sign,
(0.02 W, 0.5 H) with the negative one.
"""
import os

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

os.chdir(os.path.dirname(os.path.abspath(__file__)))
POSITION = 14 / 30


def at(low, high):
    return POSITION * (high - low) + low


def affine(picture, numbers):
    return picture.transform(picture.size, Image.AFFINE, numbers)


def solarize_add(picture):
    shifted = np.clip(np.array(picture).astype(int) + at(0, 110), 0, 255).astype(np.uint8)
    return ImageOps.solarize(Image.fromarray(shifted), 128)


def cutout(picture, sign):
    picture = picture.copy()
    (width, height), size = picture.size, at(0, 40)
    x, y = (0.3 * width, 0.9 * height) if sign > 0 else (0.02 * width, 0.5 * height)
    left, top = int(max(0, x - size / 2)), int(max(0, y - size / 2))
    box = (left, top, min(width, left + size), min(height, top + size))
    colour = (125, 123, 114)
    grey = Image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0))
    ImageDraw.Draw(picture).rectangle(box, colour if picture.mode == "RGB" else grey)
    return picture


OPERATIONS = [
    lambda p, s: ImageOps.autocontrast(p),
    lambda p, s: ImageOps.equalize(p),
    lambda p, s: ImageOps.invert(p),
    lambda p, s: p.rotate(s * at(0, 30)),
    lambda p, s: ImageOps.posterize(p, max(1, int(at(0, 4)))),
    lambda p, s: ImageOps.solarize(p, at(0, 256)),
    lambda p, s: solarize_add(p),
    lambda p, s: ImageEnhance.Color(p).enhance(at(0.1, 1.9)),
    lambda p, s: ImageEnhance.Contrast(p).enhance(at(0.1, 1.9)),
    lambda p, s: ImageEnhance.Brightness(p).enhance(at(0.1, 1.9)),
    lambda p, s: ImageEnhance.Sharpness(p).enhance(at(0.1, 1.9)),
    lambda p, s: affine(p, (1, s * at(0, 0.3), 0, 0, 1, 0)),
    lambda p, s: affine(p, (1, 0, 0, s * at(0, 0.3), 1, 0)),
    cutout,
    lambda p, s: affine(p, (1, 0, s * at(0, 100), 0, 1, 0)),
    lambda p, s: affine(p, (1, 0, 0, 0, 1, s * at(0, 100))),
]


def picture(height, width, channels, seed):
    # Neither noise nor flat: hills with a little noise, in part of the range, so that every operation has something to do.
    random = np.random.RandomState(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = [90 + 50 * np.sin(0.3 * x + c) + 40 * np.cos(0.2 * y - c) + 12 * random.rand(height, width) for c in range(channels)]
    return np.stack(planes, axis=2).astype(np.uint8)


arrays = {}
for seed, (height, width, channels) in enumerate([(32, 32, 3), (28, 28, 1), (64, 64, 3), (9, 14, 3)]):
    values = picture(height, width, channels, seed)
    if (height, width) == (9, 14):
        values[:, :, 1] = 77  # a channel of one value
    image = Image.fromarray(values if channels == 3 else values[:, :, 0])
    results = [np.array(operation(image, sign)).reshape(values.shape) for operation in OPERATIONS for sign in (1, -1)]
    name = f"{channels}x{height}x{width}"
    arrays["in_" + name] = values
    arrays["out_" + name] = np.stack(results)
np.savez_compressed("randaugment.npz", **arrays)

"""Writes what PyTorch makes of resized pictures. Run with Debian's python3: /usr/bin/python3 make.py

Made with torch 1.13.0 and numpy 1.24.2 (Debian python3-torch, python3-numpy) out of ../data/pictures.npz, the decoded pictures.
"""
import os

import numpy as np
import torch

os.chdir(os.path.dirname(os.path.abspath(__file__)))

pictures = np.load("../data/pictures.npz")
resized = {}
for name, side in [("colour.png", 9), ("noise.jpg", 25), ("flat_3.jpg", 64), ("transparent.png", 16), ("grey.jpg", 1)]:
    rgba = torch.from_numpy(pictures[name].astype(np.float64)).permute(2, 0, 1)
    # On white, rounded to whole numbers as the reader of pictures does.
    on_white = torch.round((rgba[:3] * rgba[3:] + 255 * (255 - rgba[3:])) / 255)
    made = torch.nn.functional.interpolate(on_white[None], size=(side, side), mode="bilinear", align_corners=False, antialias=False)
    resized[f"{name}@{side}"] = (made[0] / 255).numpy()
np.savez_compressed("resized.npz", **resized)

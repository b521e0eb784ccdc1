"""Writes the weights that Pruning/PackedWeightsTests.cs reads: plain, their mask, and packed as the doc comment of PackedWeights says.
Run with Debian's python3: /usr/bin/python3 make.py

Made with numpy 1.24.2. The safetensors files are written by hand here, so that nothing of Sharpless checks itself.
"""
import json
import os
import struct

import numpy as np

os.chdir(os.path.dirname(os.path.abspath(__file__)))

DTYPES = {"float32": "F32", "float16": "F16", "int64": "I64", "uint8": "U8", "bool": "BOOL"}


def write(path, tensors, metadata):
    """Data by falling element size, as the format asks for alignment; the header in the order given."""
    header, offset, begins = {"__metadata__": metadata} if metadata else {}, 0, {}
    layout = sorted(tensors, key=lambda item: -item[1].itemsize)
    for name, array in layout:
        begins[name] = offset
        offset += array.nbytes
    for name, array in tensors:
        header[name] = {"dtype": DTYPES[array.dtype.name], "shape": list(array.shape), "data_offsets": [begins[name], begins[name] + array.nbytes]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(array.tobytes() for _, array in layout))


def main():
    i = np.arange(45)
    weight = ((7 * i % 23 - 11) / 4).astype(np.float32).reshape(5, 3, 3)
    live = (i * i % 7 < 3).reshape(5, 3, 3)
    weight[~live] = 0
    weight.flat[np.flatnonzero(live)[:3]] = [-0.0, 0.0, np.nan]  # live, and not told apart by their value
    half = ((5 * np.arange(16) % 9 + 1) / 8).astype(np.float16).reshape(2, 8)
    half_live = np.arange(16).reshape(2, 8) % 4 == 0
    half[~half_live] = 0
    bias, counter = np.array([0.5, -0.0, 2.0], np.float32), np.array(7, np.int64)

    metadata = {"format": "pt", "made by": "make.py"}
    write("plain.safetensors", [("z.weight", weight), ("bias", bias), ("a.weight", half), ("counter", counter)], metadata)
    write("plain.mask.safetensors", [("z.weight", live), ("a.weight", half_live)], {})
    index = {"format": 1, "shapes": {"z.weight": [5, 3, 3], "a.weight": [2, 8]}}
    write(
        "packed.safetensors",
        [
            ("z.weight.live_bits", np.packbits(live, bitorder="little")), ("z.weight.live_values", weight[live]), ("bias", bias),
            ("a.weight.live_bits", np.packbits(half_live, bitorder="little")), ("a.weight.live_values", half[half_live]), ("counter", counter),
        ],
        {**metadata, "sharpless.packed": json.dumps(index)},
    )


main()

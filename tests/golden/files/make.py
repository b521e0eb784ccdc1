"""Writes the array files that Files/GoldenFileTests.cs reads. Run with Debian's python3: /usr/bin/python3 make.py

Made with numpy 1.24.2 and torch 1.13.1. The element at C-order position i is (7 i mod 23) - 11, for unsigned types 7 i mod 23,
for floating point a quarter of the former, for bool whether 3 divides i; the shape is (2, 3, 4) unless the name says otherwise.
"""
import json
import os
import struct

import numpy as np
import torch

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def values(dtype, shape=(2, 3, 4)):
    i = np.arange(int(np.prod(shape)))
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        flat = i % 3 == 0
    elif dtype.kind == "u":
        flat = 7 * i % 23
    elif dtype.kind == "f":
        flat = (7 * i % 23 - 11) / 4
    else:
        flat = 7 * i % 23 - 11
    return flat.astype(dtype).reshape(shape)


def extremes(dtype):
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return np.array([True, False])
    if dtype.kind in "ui":
        info = np.iinfo(dtype)
        return np.array([info.min, info.max, 0, 1], dtype)
    info = np.finfo(dtype)
    return np.array([-0.0, info.smallest_subnormal, info.max, -np.inf, np.nan], dtype)


NAMES = {"b1": "bool", "u1": "uint8", "i1": "int8", "u2": "uint16", "i2": "int16", "u4": "uint32", "i4": "int32",
         "u8": "uint64", "i8": "int64", "f2": "float16", "f4": "float32", "f8": "float64"}

for code, name in NAMES.items():
    for order in "CF":
        for end, end_name in ("<", "little"), (">", "big"):
            array = np.asarray(values(end + code), order=order)
            np.save(f"{name}-{order}-{end_name}.npy", array)

np.savez("extremes.npz", **{name: extremes("<" + code) for code, name in NAMES.items() if name != "uint64"})
np.savez("too-large-uint64.npz", a=extremes("<u8"))

for version in (1, 0), (2, 0), (3, 0):
    with open(f"version{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, values("<f4"), version)

np.save("shape-scalar.npy", values("<f4", ()))
np.save("shape-5.npy", values("<f4", (5,)))
np.save("shape-0-3.npy", values("<f4", (0, 3)))
np.save("shape-2-0-F.npy", np.asfortranarray(values("<f4", (2, 0))))

arrays = {"first": values("<f4"), "group/second": values(">i2"), "third": np.asfortranarray(values("<f8", (4, 5)))}
np.savez("stored.npz", **arrays)
np.savez_compressed("deflated.npz", **arrays)

np.save("objects.npy", np.array([{"a": 1}, None], dtype=object))
np.save("structured.npy", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
np.save("text.npy", np.array(["a", "bc"]))
np.save("complex.npy", np.zeros(2, dtype="<c8"))
torch.save({"weight": torch.zeros(2)}, "checkpoint.pt")
torch.save({"weight": torch.zeros(2)}, "legacy.pt", _use_new_zipfile_serialization=False)


def bfloat16_bytes(array):
    # A quarter of a small whole number is exact in bfloat16: the upper half of its float32.
    return (array.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()


# Written from the format's description, independently of the C# code. The header does not follow the order of the data.
tensors, data = {}, b""
for dtype, code in (("F64", "<f8"), ("I64", "<i8"), ("U64", "<u8"), ("F32", "<f4"), ("I32", "<i4"), ("U32", "<u4"), ("F16", "<f2"),
                    ("BF16", None), ("I16", "<i2"), ("U16", "<u2"), ("I8", "i1"), ("U8", "u1"), ("BOOL", "b1")):
    raw = bfloat16_bytes(values("<f4")) if code is None else values(code).tobytes()
    tensors[dtype] = {"dtype": dtype, "shape": [2, 3, 4], "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
tensors["empty"] = {"dtype": "F32", "shape": [0, 7], "data_offsets": [len(data), len(data)]}
tensors["number"] = {"dtype": "U8", "shape": [], "data_offsets": [len(data), len(data) + 1]}
data += b"\x05"
header = json.dumps({"__metadata__": {"format": "pt"}, **dict(sorted(tensors.items()))}).encode()
header += b" " * (-len(header) % 8)
with open("all.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(header)) + header + data)

"""Small networks in ONNX for the command line's tests.

Made with Debian 12's python3-onnx 1.12.0:  /usr/bin/python3 tests/golden/pretrained/make_onnx.py
Writes, beside itself, odd.onnx, which gives back its images at one node and their positive parts at others, all under odd names, and
odd-preprocess.onnx, which takes images of 4x4 and subtracts 1, 2 and 3 from red, green and blue.
"""
import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
LONG = "/a/name/that/is/longer/than/half/of/a/console"


def save(name, nodes, weights, size, output):
    images = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, *size])
    result = helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", 3, *size])
    graph = helper.make_graph(nodes, "odd", [images], [result], [numpy_helper.from_array(value, key) for key, value in weights.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, os.path.join(HERE, name))


one = np.eye(3, dtype=np.float32)[:, :, None, None]
save(
    "odd.onnx",
    [
        helper.make_node("Conv", ["x", "w"], ["v,1"], name="a,b[0]/../c:0"),
        helper.make_node("Relu", ["v,1"], [LONG + "_output_0"], name=LONG),
        helper.make_node("Relu", [LONG + "_output_0"], ["ü [bold]x[/]"]),
    ],
    {"w": one}, ["height", "width"], "ü [bold]x[/]",
)
mean = np.array([1, 2, 3], np.float32)[None, :, None, None]
save("odd-preprocess.onnx", [helper.make_node("Sub", ["x", "mean"], ["y"])], {"mean": mean}, [4, 4], "y")

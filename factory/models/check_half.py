"""
How far float16 itself moves a picture: `check_half.py <side> <model.onnx> <picture>…`.

Runs the network as it ships and once more with the same weights computed in float32, both by ONNX Runtime on the processor,
on the middle of each picture, and prints a JSON list: of each picture the largest difference of an output value. Two devices
that each compute in float16 may lie twice as far apart.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, numpy_helper
from PIL import Image

from golden import fit


def main(side: int, network: Path, pictures: list[Path]) -> None:
    half = onnx.load(network)
    outputs = [run(half.SerializeToString(), pictures, side), run(in_float32(half).SerializeToString(), pictures, side)]
    print(json.dumps([int(np.abs(a - b).max()) for a, b in zip(*outputs, strict=True)]))


def in_float32(network: onnx.ModelProto) -> onnx.ModelProto:
    """The same network with every float16 tensor, cast and type as float32."""
    wide = onnx.ModelProto()
    wide.CopyFrom(network)
    graph = wide.graph
    for tensor in graph.initializer:
        widen(tensor)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                widen(attribute.t)
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT16:
                attribute.i = TensorProto.FLOAT
    del graph.value_info[:]
    onnx.checker.check_model(wide, full_check=True)
    return wide


def widen(tensor: onnx.TensorProto) -> None:
    if tensor.data_type == TensorProto.FLOAT16:
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))


def run(network: bytes, pictures: list[Path], side: int) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    # A thread that waits for the others of its session would take the core that another test works on.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    tiles = [fit(Image.open(picture).convert("RGB"), side, side, {"kind": "tiles"}) for picture in pictures]
    return [session.run(None, {"pixels": tile})[0].astype(np.int32) for tile in tiles]


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), [Path(argument) for argument in sys.argv[3:]])

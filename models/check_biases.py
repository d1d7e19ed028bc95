"""
What keep_biases changes: `check_biases.py <picture> <side> <file.param> <file.bin>`. Prints a JSON object: how many initializers
of one axis, longer than 1, the network has without it and with it, and the largest difference of what both give, of 0…1. convert.test.ts
runs this.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import ModelProto, TensorProto
from PIL import Image

from biases import keep_biases
from ncnn_to_onnx import convert_ncnn


def main(picture: Path, side: int, param: Path, weights: Path) -> None:
    image = np.asarray(Image.open(picture).convert("RGB"))[:side, :side]
    planes = (image.transpose(2, 0, 1)[np.newaxis] / 255).astype(np.float16)
    before = convert_ncnn(param, weights, np.float16)
    count_before, output_before = vectors(before), run(before, planes)
    after = keep_biases(before)
    difference = float(np.abs(run(after, planes).astype(np.float32) - output_before.astype(np.float32)).max())
    print(json.dumps({"before": count_before, "after": vectors(after), "difference": difference}))


def vectors(model: ModelProto) -> int:
    return sum(
        len(tensor.dims) == 1 and tensor.dims[0] > 1 and tensor.data_type == TensorProto.FLOAT16
        for tensor in model.graph.initializer
    )


def run(model: ModelProto, planes: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["output"], {"data": planes})[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))

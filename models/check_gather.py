"""
What gather_weights changes: `check_gather.py <picture> <side> <file.param> <file.bin>`. Prints a JSON object: how many tensors of more than one
float16 value the network has without it and with it, and the largest difference of what both give, of 0…1. convert.test.ts runs this.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import ModelProto, TensorProto
from PIL import Image

from gather import gather_weights
from ncnn_to_onnx import convert_ncnn


def main(picture: Path, side: int, param: Path, weights: Path) -> None:
    image = np.asarray(Image.open(picture).convert("RGB"))[:side, :side]
    planes = (image.transpose(2, 0, 1)[np.newaxis] / 255).astype(np.float16)
    before = convert_ncnn(param, weights, np.float16)
    count_before, output_before = tensors(before), run(before, planes)
    after = gather_weights(before)
    difference = float(np.abs(run(after, planes).astype(np.float32) - output_before.astype(np.float32)).max())
    print(json.dumps({"before": count_before, "after": tensors(after), "difference": difference}))


def tensors(model: ModelProto) -> int:
    return sum(
        tensor.data_type == TensorProto.FLOAT16 and math.prod(tensor.dims) > 1 for tensor in model.graph.initializer
    )


def run(model: ModelProto, planes: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["output"], {"data": planes})[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))

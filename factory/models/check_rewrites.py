"""
What gather_weights and nest_concats change: `check_rewrites.py <picture> <side> <file.param> <file.bin>`. Prints a JSON object; of each,
a count without it and with it, and the largest difference of what both networks give, of 0…1. convert.integration.test.ts runs this.
"""

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import ModelProto, TensorProto
from PIL import Image

from gather import gather_weights
from ncnn_to_onnx import convert_ncnn
from nest import nest_concats


def main(picture: Path, side: int, param: Path, weights: Path) -> None:
    image = np.asarray(Image.open(picture).convert("RGB"))[:side, :side]
    planes = image.transpose(2, 0, 1)[np.newaxis] / 255

    def compare(rewrite: Callable[[ModelProto], ModelProto], count: Callable[[ModelProto], int], dtype: type) -> dict:
        network = convert_ncnn(param, weights, dtype)
        before, expected = count(network), run(network, planes.astype(dtype))
        rewritten = rewrite(network)
        received = run(rewritten, planes.astype(dtype))
        difference = np.abs(received.astype(np.float32) - expected.astype(np.float32)).max()
        return {"before": before, "after": count(rewritten), "difference": float(difference)}

    gathered = compare(gather_weights, tensors, np.float16)
    # In float16, ONNX Runtime's processor computes in float32 and rounds where a value is kept: at other places when nested.
    nested = compare(nest_concats, copies, np.float32)
    print(json.dumps({"gathered": gathered, "nested": nested}))


def tensors(model: ModelProto) -> int:
    """Tensors of more than one float16 value."""
    return sum(
        tensor.data_type == TensorProto.FLOAT16 and math.prod(tensor.dims) > 1 for tensor in model.graph.initializer
    )


def copies(model: ModelProto) -> int:
    """Values that are read by Concats, each as often as it is read."""
    return sum(len(node.input) for node in model.graph.node if node.op_type == "Concat")


def run(model: ModelProto, planes: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["output"], {"data": planes})[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))

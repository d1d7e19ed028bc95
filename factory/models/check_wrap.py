"""
How far a wrapped network lies from the one inside: `check_wrap.py <network.onnx> <model.onnx>`, both of `example_onnx.py`'s
good one. Prints the largest difference of a byte, on noise. Only add.integration.test.ts runs this.
"""

import sys

import numpy as np
import onnxruntime


def main(network: str, model: str) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (1, 48, 40, 3), np.uint8)
    run = lambda file, inputs: onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"]).run(None, inputs)[0]
    planes = np.transpose(pixels.astype(np.float32) / 255, (0, 3, 1, 2))
    expected = np.transpose(run(network, {"in x": planes}), (0, 2, 3, 1)) * 255
    print(float(np.abs(run(model, {"pixels": pixels}) - expected).max()))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

"""
Compares a converted network with the runtime that it was made for: `check_ncnn.py <picture> <side> <file.param> <file.bin>…`.

Converts in float32, runs ONNX Runtime and ncnn on the same real pixels, and prints a JSON object: network → largest absolute
difference of the outputs, which are 0…1.
"""

import json
import sys
from pathlib import Path

import ncnn
import numpy as np
import onnxruntime
from PIL import Image

from ncnn_to_onnx import convert_ncnn


def main(picture: Path, side: int, networks: list[tuple[Path, Path]]) -> None:
    image = np.asarray(Image.open(picture).convert("RGB"))
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    crop = image[top : top + side, left : left + side]
    planes = np.ascontiguousarray(crop.transpose(2, 0, 1), np.float32) / np.float32(255)
    differences = {}
    for param, weights in networks:
        expected, actual = run_ncnn(param, weights, planes), run_onnx(param, weights, planes)
        if expected.shape != actual.shape or np.ptp(expected) < 0.1:
            raise ValueError(f"{param.stem}: ncnn gave {expected.shape} over {np.ptp(expected)}, ONNX Runtime {actual.shape}")
        differences[param.stem] = float(np.abs(expected - actual).max())
    print(json.dumps(differences))


def run_ncnn(param: Path, weights: Path, planes: np.ndarray) -> np.ndarray:
    with ncnn.Net() as net:
        # The reference is plain float32: none of ncnn's shortcuts in precision or algorithm.
        net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
        net.opt.use_bf16_storage = net.opt.use_vulkan_compute = net.opt.use_winograd_convolution = False
        if net.load_param(str(param)) or net.load_model(str(weights)):
            raise ValueError(f"ncnn does not load {param}")
        with net.create_extractor() as extractor:
            extractor.input("data", ncnn.Mat(planes))
            _, output = extractor.extract("output")
            return np.array(output)


def run_onnx(param: Path, weights: Path, planes: np.ndarray) -> np.ndarray:
    model = convert_ncnn(param, weights, np.float32)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["output"], {"data": planes[np.newaxis]})[0][0]


if __name__ == "__main__":
    files = [Path(argument) for argument in sys.argv[3:]]
    main(Path(sys.argv[1]), int(sys.argv[2]), list(zip(files[::2], files[1::2], strict=True)))

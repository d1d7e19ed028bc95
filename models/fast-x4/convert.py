from pathlib import Path

import numpy as np
from onnx import ModelProto

from ncnn_to_onnx import convert_ncnn
from pixels import wrap_upscaler


def convert(sources: dict[str, Path]) -> ModelProto:
    name = "realesr-animevideov3-x4"
    network = convert_ncnn(sources[f"{name}.param"], sources[f"{name}.bin"], np.float16)
    return wrap_upscaler(network, scale=4)

from pathlib import Path

import numpy as np
from onnx import ModelProto

from gather import gather_weights
from ncnn_to_onnx import convert_ncnn
from nest import nest_concats
from pixels import wrap_upscaler


def convert(sources: dict[str, Path]) -> ModelProto:
    network = convert_ncnn(sources["realesrgan-x4plus-anime.param"], sources["realesrgan-x4plus-anime.bin"], np.float16)
    return wrap_upscaler(nest_concats(gather_weights(network)), scale=4)

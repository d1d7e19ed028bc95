from pathlib import Path

import onnx

from network import declare, take
from pixels import join, part, pixels_to_planes

SIDE = 320
"""U²-Net sees the whole picture at this size; it was trained at no other."""


def convert(sources: dict[str, Path]) -> onnx.ModelProto:
    """`pixels [1, 320, 320, 3]` → `mask`, uint8 `[1, 320, 320, 1]`: 255 where the subject is."""
    network = take(onnx.load(sources["u2netp.onnx"]), "input.1", [1, 3, SIDE, SIDE], {"1959": "saliency"})
    # As U²-Net was trained: the brightest value becomes 1, then ImageNet's mean and deviation. A black picture has no
    # brightest value, an even mask no span: both are kept from dividing by zero.
    before = part(f"""
        before (float[1, 3, {SIDE}, {SIDE}] planes) => (float[1, 3, {SIDE}, {SIDE}] normal)
        <float least = {{1.0}}, float[1, 3, 1, 1] mean = {{0.485, 0.456, 0.406}},
         float[1, 3, 1, 1] deviation = {{0.229, 0.224, 0.225}}> {{
            brightest = ReduceMax <axes = [1, 2, 3], keepdims = 1> (planes)
            divisor = Max (brightest, least)
            unit = Div (planes, divisor)
            centred = Sub (unit, mean)
            normal = Div (centred, deviation)
        }}""")
    after = part(f"""
        after (float[1, 1, {SIDE}, {SIDE}] saliency) => (uint8[1, {SIDE}, {SIDE}, 1] mask)
        <float white = {{255.0}}, float black = {{0.0}}, float least = {{0.000001}}> {{
            low = ReduceMin <axes = [1, 2, 3], keepdims = 1> (saliency)
            high = ReduceMax <axes = [1, 2, 3], keepdims = 1> (saliency)
            span = Sub (high, low)
            divisor = Max (span, least)
            above = Sub (saliency, low)
            unit = Div (above, divisor)
            scaled = Mul (unit, white)
            clipped = Clip (scaled, black, white)
            whole = Round (clipped)
            rows = Transpose <perm = [0, 2, 3, 1]> (whole)
            mask = Cast <to = 2> (rows)
        }}""")
    model = join(
        (pixels_to_planes(), {}),
        (before, {"planes": "planes"}),
        (network, {"normal": "input.1"}),
        (after, {"saliency": "saliency"}),
    )
    declare(model, "pixels", [1, SIDE, SIDE, 3])
    return model

from pathlib import Path

import onnx

from network import declare, take
from pixels import join, part, pixels_to_blue_first

SIDE = 960
"""A multiple of 32. A printed page's lines are then some 15 pixels high, enough to be found."""


def convert(sources: dict[str, Path]) -> onnx.ModelProto:
    """`pixels` → `text`, uint8 `[1, SIDE, SIDE, 1]`: how surely each pixel is within a line of text, 255 for 1."""
    model = onnx.load(sources["PP-OCRv6_det_small.onnx"])
    network = take(model, "x", [1, 3, SIDE, SIDE], {"fetch_name_0": "probability"})
    after = part(f"""
        after (float[1, 1, {SIDE}, {SIDE}] probability) => (uint8[1, {SIDE}, {SIDE}, 1] text) <float white = {{255.0}}> {{
            scaled = Mul (probability, white)
            whole = Round (scaled)
            rows = Transpose <perm = [0, 2, 3, 1]> (whole)
            text = Cast <to = 2> (rows)
        }}""")
    whole = join((pixels_to_blue_first(), {}), (network, {"planes": "x"}), (after, {"probability": "probability"}))
    declare(whole, "pixels", [1, SIDE, SIDE, 3])
    return whole

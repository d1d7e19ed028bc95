from pathlib import Path

import onnx

from network import declare, take
from pixels import join, pixels_to_planes


def convert(sources: dict[str, Path]) -> onnx.ModelProto:
    """
    CenterFace finds faces on a grid of a quarter of the picture's sides: `heatmap` (how surely a face's middle is here),
    `scale` (log of its height and width over 4), `offset` (of its middle within the cell: y, x), `landmarks` (eyes, nose and
    corners of the mouth, as fractions of the box: y, x, …). It wants RGB as it is, 0…255, sides that 32 divides.
    """
    outputs = {"537": "heatmap", "538": "scale", "539": "offset", "540": "landmarks"}
    network = take(onnx.load(sources["centerface.onnx"]), "input.1", [1, 3, "H", "W"], outputs)
    model = join((pixels_to_planes(), {}), (network, {"planes": "input.1"}))
    for name, channels in (("heatmap", 1), ("scale", 2), ("offset", 2), ("landmarks", 10)):
        declare(model, name, [1, channels, "H/4", "W/4"])
    return model

"""
Pixels in, pixels out: the graph before and after a network, so that the app's hot loop only copies.

Every prepared model's input is `pixels`, uint8 `[1, H, W, 3]`, RGB, rows from the top: what a decoded picture is. The first
node on it is a Cast, the only thing that TensorRT does with uint8.
"""

import onnx
from onnx import ModelProto, compose, parser

from network import IR_VERSION, OPSET, declare, make_model


def part(graph: str) -> ModelProto:
    """A piece of a model from ONNX's own text form."""
    return parser.parse_model(f'<ir_version: {IR_VERSION}, opset_import: ["": {OPSET}]>\n{graph}')


def join(*parts: tuple[ModelProto, dict[str, str]]) -> ModelProto:
    """
    Puts models one behind the other. Each but the first comes with a map: output of what is before → its own input.
    """
    (whole, _), *rest = parts
    for number, (piece, wires) in enumerate(rest):
        # The pieces' inner names are numbers and common words; a prefix keeps them apart. Outputs keep theirs.
        prefix = f"{number}/"
        named = compose.add_prefix(piece, prefix, rename_outputs=False)
        whole = compose.merge_models(whole, named, [(a, prefix + b) for a, b in wires.items()])
    graph = onnx.GraphProto()
    graph.CopyFrom(whole.graph)
    graph.name = "refit"
    del graph.value_info[:]
    graph.ClearField("doc_string")
    return make_model(graph)


def pixels_to_planes() -> ModelProto:
    """`pixels` → `planes`, float32 NCHW, 0…255."""
    return part("""
        before (uint8[1, H, W, 3] pixels) => (float[1, 3, H, W] planes) {
            numbers = Cast <to = 1> (pixels)
            planes = Transpose <perm = [0, 3, 1, 2]> (numbers)
        }""")


def pixels_to_blue_first() -> ModelProto:
    """`pixels` → `planes`, float32 NCHW, blue before green and red, -1…1: what networks trained through OpenCV often want."""
    return part("""
        before (uint8[1, H, W, 3] pixels) => (float[1, 3, H, W] planes) <int64[3] swap = {2, 1, 0}, float half = {127.5}> {
            numbers = Cast <to = 1> (pixels)
            centred = Sub (numbers, half)
            normal = Div (centred, half)
            swapped = Gather <axis = 3> (normal, swap)
            planes = Transpose <perm = [0, 3, 1, 2]> (swapped)
        }""")


def wrap_upscaler(network: ModelProto, scale: int) -> ModelProto:
    """
    Wraps a float16 network `data [1, 3, H, W]` → `output [1, 3, H × scale, W × scale]`, both 0…1.
    @returns `pixels` → `upscaled`, uint8 `[1, H × scale, W × scale, 3]`.
    """
    before = part("""
        before (uint8[1, H, W, 3] pixels) => (float16[1, 3, H, W] planes) <float white = {255.0}> {
            numbers = Cast <to = 1> (pixels)
            unit = Div (numbers, white)
            half = Cast <to = 10> (unit)
            planes = Transpose <perm = [0, 3, 1, 2]> (half)
        }""")
    # A cast to uint8 cuts the fraction off and wraps round, hence Round and Clip before it.
    after = part("""
        after (float16[1, 3, Y, X] planes) => (uint8[1, Y, X, 3] upscaled) <float white = {255.0}, float black = {0.0}> {
            unit = Cast <to = 1> (planes)
            scaled = Mul (unit, white)
            clipped = Clip (scaled, black, white)
            whole = Round (clipped)
            rows = Transpose <perm = [0, 2, 3, 1]> (whole)
            upscaled = Cast <to = 2> (rows)
        }""")
    model = join((before, {}), (network, {"planes": "data"}), (after, {"output": "planes"}))
    declare(model, "upscaled", [1, f"{scale}H", f"{scale}W", 3])
    return model

import json
from pathlib import Path

import onnx

from network import declare, take
from pixels import join, part, pixels_to_blue_first

HEIGHT = 48
"""The only height that the network was trained at."""

WIDTH = 640
STEPS = WIDTH // 8

CHARSET = Path(__file__).parent.parent / "read-text" / "charset.json"
"""What the window reads indices by: one text, a character an index."""


def convert(sources: dict[str, Path]) -> onnx.ModelProto:
    """
    `pixels` → for each eighth column the likeliest character: `index`, its place in the network's list, 0 for none, and
    `score`, 0…1; both float32 `[1, STEPS]`. The scores of all 18,710 stay inside.
    """
    model = onnx.load(sources["PP-OCRv6_rec_small.onnx"])
    charset = next(entry.value for entry in model.metadata_props if entry.key == "character").replace("\n", "")
    if charset != json.loads(CHARSET.read_text("utf-8")):
        raise ValueError(f"{CHARSET} is not the network's list of characters")
    network = take(model, "x", [1, 3, HEIGHT, WIDTH], {"fetch_name_0": "scores"})
    after = part(f"""
        after (float[1, {STEPS}, C] scores) => (float[1, {STEPS}] index, float[1, {STEPS}] score) {{
            place = ArgMax <axis = 2, keepdims = 0> (scores)
            index = Cast <to = 1> (place)
            score = ReduceMax <axes = [2], keepdims = 0> (scores)
        }}""")
    whole = join((pixels_to_blue_first(), {}), (network, {"planes": "x"}), (after, {"scores": "scores"}))
    declare(whole, "pixels", [1, HEIGHT, WIDTH, 3])
    return whole

"""
Makes what a model is checked and tried with: `golden.py <model.json> <sample source> <prepared folder>`.

Writes the sample picture and, for each profile, an input cut from it and a spread-out sample of what ONNX Runtime's CPU makes
of it. What the files mean is said in app/golden.ts.
"""

import hashlib
import json
import math
import shutil
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

MAX_VALUES = 65_536
"""Values kept of one output: what goes wrong in an engine goes wrong in more than one of so many."""


def main(card_file: Path, sample_source: Path, prepared: Path) -> None:
    card = json.loads(card_file.read_text("utf-8"))
    picture = write_sample(card, sample_source, prepared)
    onnx = prepared / "model.onnx"
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    profiles = {}
    for profile in card["profiles"]:
        pixels = fit(picture, profile["width"], profile["height"], card["flow"])
        names = [output["name"] for output in card["outputs"]]
        results = session.run(names, {"pixels": pixels})
        input_file = f"{profile['id']}.pixels.bin"
        profiles[profile["id"]] = {
            "input": {"file": input_file, "sha256": write(prepared / input_file, pixels)},
            "outputs": [
                reference(output, values, prepared / f"{profile['id']}.{output['name']}.bin")
                for output, values in zip(card["outputs"], results, strict=True)
            ],
        }
    manifest = {"version": 1, "onnxSha256": hashlib.sha256(onnx.read_bytes()).hexdigest(), "profiles": profiles}
    (prepared / "golden.json").write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def write_sample(card: dict, source: Path, prepared: Path) -> Image.Image:
    """
    Copies the sample picture, or the part of it that the card wants.
    @returns what references are made of, RGB: the sample, for tiles all of the source picture.
    """
    picture = Image.open(source).convert("RGB")
    sample = card["sample"]
    crop = sample.get("crop")
    if crop is None:
        shutil.copyfile(source, prepared / sample["file"])
        return picture
    box = (crop["x"], crop["y"], crop["x"] + crop["width"], crop["y"] + crop["height"])
    if box[2] > picture.width or box[3] > picture.height:
        raise ValueError(f"The card's crop ends outside the picture, which is {picture.width} × {picture.height}")
    shown = picture.crop(box)
    shown.save(prepared / sample["file"], "PNG")
    return picture if card["flow"]["kind"] == "tiles" else shown


def fit(picture: Image.Image, width: int, height: int, flow: dict) -> np.ndarray:
    """@returns uint8 `[1, height, width, 3]`, made of the picture as the card's flow says."""
    if flow["kind"] == "tiles":
        # The middle of the picture. Where it is smaller than the tile, its last row and column are repeated; app/tiles.ts mirrors
        # it instead. A golden picture needs no more than to be the same for every session.
        left, top = max(picture.width - width, 0) // 2, max(picture.height - height, 0) // 2
        tile = np.asarray(picture)[top : top + height, left : left + width]
        tile = np.pad(tile, ((0, height - tile.shape[0]), (0, width - tile.shape[1]), (0, 0)), "edge")
    elif flow["fit"] == "stretch":
        tile = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))
    else:
        factor = min(width / picture.width, height / picture.height)
        size = (round(picture.width * factor), round(picture.height * factor))
        canvas = Image.new("RGB", (width, height))
        canvas.paste(picture.resize(size, Image.Resampling.BILINEAR))
        tile = np.asarray(canvas)
    return tile[np.newaxis]


def reference(output: dict, values: np.ndarray, file: Path) -> dict:
    """Writes every stride-th value of an output. @returns its entry in the manifest."""
    if values.dtype != np.dtype(output["dtype"]):
        raise ValueError(f"Expected {output['dtype']} for {output['name']} but the network gives {values.dtype}")
    if not np.isfinite(values).all() or values.min() == values.max():
        raise ValueError(f"The network gives nothing but {values.flat[0]} or no numbers for {output['name']}")
    stride = stride_for(values.shape)
    kept = values.reshape(-1)[::stride]
    return {
        "name": output["name"],
        "dtype": output["dtype"],
        "elements": values.size,
        "stride": stride,
        "file": file.name,
        "sha256": write(file, kept),
    }


def stride_for(shape: tuple[int, ...]) -> int:
    """The smallest stride that keeps few enough values and, prime to 2, 3 and all sides, comes by all rows and channels."""
    elements = math.prod(shape)
    stride = max(1, -(-elements // MAX_VALUES))
    while stride > 1 and math.gcd(stride, 6 * elements) != 1:
        stride += 1
    return stride


def write(file: Path, values: np.ndarray) -> str:
    """Writes raw little-endian values. @returns their sha256."""
    data = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes()
    file.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))

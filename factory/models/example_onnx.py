"""
Networks for the tests of `refit add`: `example_onnx.py <folder>` writes a small good one, `good.onnx`, and the many ways in
which a file can be bad. Only add.integration.test.ts runs this.
"""

import os
import sys
from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper


def network(operator: str = "Relu", inputs: int = 1, side: int | str = "side") -> ModelProto:
    """`in x`, float `[n, 3, side, side]`, 0…1 → `/out y`, the same twice as large."""
    random = np.random.default_rng(1)
    weights = [
        numpy_helper.from_array(random.normal(0, 0.2, (8, 3, 3, 3)).astype(np.float32), "first"),
        numpy_helper.from_array(random.normal(0, 0.2, (12, 8, 3, 3)).astype(np.float32), "second"),
    ]
    nodes = [
        helper.make_node("Conv", ["in x", "first"], ["a"], pads=[1] * 4),
        helper.make_node(operator, ["a"], ["b"], name="activation"),
        helper.make_node("Conv", ["b", "second"], ["c"], pads=[1] * 4),
        helper.make_node("DepthToSpace", ["c"], ["d"], blocksize=2, mode="CRD"),
        helper.make_node("Sigmoid", ["d"], ["/out y"]),
    ]
    picture = helper.make_tensor_value_info("in x", TensorProto.FLOAT, ["n", 3, side, side])
    other = helper.make_tensor_value_info("other", TensorProto.FLOAT, [1])
    output = helper.make_tensor_value_info("/out y", TensorProto.FLOAT, ["n", 3, "high", "wide"])
    if inputs == 0:
        nodes = [helper.make_node("ConstantOfShape", ["shape"], ["in x"]), *nodes]
        weights.append(numpy_helper.from_array(np.array([1, 3, 8, 8]), "shape"))
    graph = helper.make_graph(nodes, "example", [picture, other][:inputs], [output], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def mask() -> ModelProto:
    """`x` → two outputs that are no picture: `mask/1` of one channel, and `score`."""
    weight = numpy_helper.from_array(np.full((1, 3, 3, 3), 0.1, np.float32), "weight")
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["x", "weight"], ["mask/1"], pads=[1] * 4),
            helper.make_node("ReduceMean", ["x"], ["score"], axes=[2, 3], keepdims=0),
        ],
        "example",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 64, 64])],
        [
            helper.make_tensor_value_info("mask/1", TensorProto.FLOAT, [1, 1, 64, 64]),
            helper.make_tensor_value_info("score", TensorProto.FLOAT, [1, 3]),
        ],
        [weight],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def unique() -> ModelProto:
    """Known to ONNX and ONNX Runtime, not to TensorRT-RTX without its sorted form."""
    graph = helper.make_graph(
        [helper.make_node("Unique", ["x"], ["values"])],
        "example",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info("values", TensorProto.FLOAT, ["count"])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def outside(location: str, length: int | None = None) -> ModelProto:
    """The good network with its first weights in another file."""
    model = network()
    tensor = model.graph.initializer[0]
    length = length or len(tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", str(length))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return model


def main(folder: Path) -> None:
    good = network()
    weights = good.graph.initializer[0].raw_data
    (folder / "weights.bin").write_bytes(weights)
    (folder.parent / "weights.bin").write_bytes(weights)
    files = {
        "good": good,
        "fixed": network(side=64),
        "mask": mask(),
        "unique": unique(),
        "unknown": network("Frobnicate"),
        "no-inputs": network(inputs=0),
        "two-inputs": network(inputs=2),
        "outside": outside("weights.bin"),
        "outside-above": outside("../weights.bin"),
        "outside-inner": outside("inner/../../weights.bin"),
        "outside-windows": outside("..\\weights.bin"),
        "outside-absolute": outside(str(folder / "weights.bin")),
        "outside-drive": outside("C:weights.bin"),
        "outside-link": outside("link.bin"),
        "outside-missing": outside("missing.bin"),
        "outside-short": outside("weights.bin", 10**9),
    }
    for name, model in files.items():
        (folder / f"{name}.onnx").write_bytes(model.SerializeToString())
    (folder / "cut.onnx").write_bytes(good.SerializeToString()[:2000])
    (folder / "empty.onnx").write_bytes(b"")
    (folder / "text.onnx").write_text("not a network")
    if hasattr(os, "symlink") and os.name != "nt":
        (folder / "link.bin").symlink_to(folder / "weights.bin")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""
Writes an EPContext model: an ONNX model whose one node holds an engine, or names its file, for an ONNX Runtime execution
provider. `context.py <task.json>` takes the fields of `Task`. ONNX Runtime's page "EP Context Design" has the format.

Inputs and outputs are those of the network that the engine was built from, at the engine's own fixed shape.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnx.shape_inference
import onnxruntime
from onnx import ModelProto, helper

DOMAIN = "com.microsoft"
OPSET = 17
IR_VERSION = 8
"""What ONNX Runtime 1.20, the oldest that was tried, reads; the network's own may be newer."""


@dataclass
class Task:
    network: str
    """ONNX file; the first input is given `shape`, others must be fixed."""
    shape: list[int]
    engine: str
    """File of the engine as the library takes it, not compressed."""
    out: str
    embed: bool
    """The engine's bytes in the node; else the engine lies beside `out` and the node has its name."""
    onnx_file_name: str
    """Where the provider finds the weights: a file beside `out`."""
    source: str
    """The provider that the context is for."""
    sdk_version: str
    architecture: str
    """Compute capability as the providers write it: "90", "80+"."""
    notes: str


def write(task: Task) -> None:
    """Writes and checks the model. @raises onnx.checker.ValidationError, ValueError."""
    engine, out = Path(task.engine), Path(task.out)
    if not task.embed and engine.parent.resolve() != out.parent.resolve():
        raise ValueError(f"The engine must lie beside the model: {engine}")
    inputs, outputs = tensors_of(Path(task.network), task.shape)
    node = helper.make_node(
        "EPContext",
        [value.name for value in inputs],
        [value.name for value in outputs],
        name="refit",
        domain=DOMAIN,
        main_context=1,
        embed_mode=int(task.embed),
        ep_cache_context=engine.read_bytes() if task.embed else engine.name,
        ep_sdk_version=task.sdk_version,
        onnx_model_filename=task.onnx_file_name,
        hardware_architecture=task.architecture,
        partition_name="refit",
        source=task.source,
        notes=task.notes,
    )
    graph = helper.make_graph([node], "refit", inputs, outputs)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(DOMAIN, 1)]
    model = helper.make_model(graph, opset_imports=opsets, producer_name="Refit", ir_version=IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    out.write_bytes(model.SerializeToString(deterministic=True))
    onnx.checker.check_model(str(out))


Values = list[onnx.ValueInfoProto]


def tensors_of(network: Path, shape: list[int]) -> tuple[Values, Values]:
    """Inputs and outputs at that shape. The network is run where its graph alone does not tell the outputs' shapes."""
    model = onnx.load(network)
    weights = {weight.name for weight in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    dims = inputs[0].type.tensor_type.shape.dim
    if len(dims) != len(shape):
        raise ValueError(f"The input {inputs[0].name} has {len(dims)} sides, not {len(shape)}")
    for dim, side in zip(dims, shape, strict=True):
        dim.dim_value = side
    for value in inputs:
        if not is_fixed(value):
            raise ValueError(f"The input {value.name} has no fixed shape")
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    del model.graph.value_info[:]
    try:
        model = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except onnx.shape_inference.InferenceError:
        return inputs, run(network, inputs)
    outputs = list(model.graph.output)
    return inputs, outputs if all(map(is_fixed, outputs)) else run(network, inputs)


def is_fixed(value: onnx.ValueInfoProto) -> bool:
    tensor = value.type.tensor_type
    return tensor.HasField("shape") and all(dim.HasField("dim_value") for dim in tensor.shape.dim)


def run(network: Path, inputs: Values) -> Values:
    """Outputs as ONNX Runtime gives them for inputs of zeros: their types and shapes."""
    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    feeds = {}
    for value in inputs:
        tensor = value.type.tensor_type
        sides = [dim.dim_value for dim in tensor.shape.dim]
        feeds[value.name] = np.zeros(sides, helper.tensor_dtype_to_np_dtype(tensor.elem_type))
    results = session.run(None, feeds)
    return [
        helper.make_tensor_value_info(value.name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for value, array in zip(session.get_outputs(), results, strict=True)
    ]


def node_of(file: Path) -> dict:
    """The EPContext node of a model that a provider or Refit wrote: its attributes. @raises ValueError if it has none."""
    model: ModelProto = onnx.load(file)
    for node in model.graph.node:
        if node.op_type == "EPContext":
            return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    raise ValueError(f"{file} has no EPContext node")


if __name__ == "__main__":
    write(Task(**json.loads(Path(sys.argv[1]).read_text("utf-8"))))

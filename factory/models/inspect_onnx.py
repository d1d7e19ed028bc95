"""
What an ONNX file is, before anything else opens it:
`inspect_onnx.py <file.onnx> <height> <width> <self-contained.onnx> <free bytes>`.

Prints JSON: `{"facts": …}` or `{"refused": <why, in one sentence>, "detail": <the library's words>}`. With facts it writes the
network as one file, data that lay outside it inside. Height and width are what it is tried with where its own are free.

Read here and not by ONNX Runtime, which opens external data wherever the file points to as soon as it loads the file.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
import onnx
import onnxruntime
from google.protobuf.message import DecodeError
from onnx import AttributeProto, GraphProto, ModelProto, TensorProto, ValueInfoProto, helper

LARGEST = 2**31 - 2**20
"""Bytes of one ONNX file: Protocol Buffers ends at 2 GB."""

COPIES = 4
"""What the disk must have room for: the network as given, converted twice, and the full plan that it is tried with."""


class Refused(Exception):
    """A file that cannot become a model, and the library's words about it."""

    def __init__(self, reason: str, detail: object = "") -> None:
        super().__init__(reason)
        self.detail = str(detail)


def inspect(file: Path, height: int, width: int, out: Path, room: int) -> dict:
    model = read(file)
    located = locate(model, file.parent)
    size = file.stat().st_size + sum(length for _, _, _, length in located)
    if (needed := COPIES * size) > room:
        raise Refused(f"The disk has no room for this network: {needed:,} bytes are needed, {room:,} are free")
    if size > LARGEST:
        raise Refused(f"The network has {size:,} bytes: more than the 2 GB that one ONNX file can hold")
    embed(located)
    weights = {weight.name for weight in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    picture, layout = the_picture(inputs)
    if not model.graph.output:
        raise Refused("The network has no outputs")
    check_operators(model)
    try:
        onnx.checker.check_model(model)
    except Exception as error:
        raise Refused("The file is not a valid ONNX model", error) from error

    sides = (1, 2) if layout == "rows" else (2, 3)
    shape = dims(picture)
    fixed = [shape[side] if isinstance(shape[side], int) else None for side in sides]
    tried = [fixed[0] or height, fixed[1] or width]
    outputs = run(model, picture, layout, tried)
    out.write_bytes(model.SerializeToString(deterministic=True))
    return {
        "bytes": size,
        "precision": precision(model),
        "input": picture.name,
        "layout": layout,
        "fixed": None if None in fixed else fixed,
        "tried": tried,
        "outputs": [{"name": name, "dtype": str(value.dtype), "shape": list(value.shape)} for name, value in outputs],
    }


def read(file: Path) -> ModelProto:
    if file.stat().st_size == 0:
        raise Refused("The file is empty")
    try:
        model = onnx.load(file, load_external_data=False)
    except DecodeError as error:
        raise Refused("The file is no ONNX model, or is cut off", error) from error
    if not model.HasField("graph") or not model.graph.node or not model.opset_import:
        raise Refused("The file is no ONNX model, or is cut off", "It has no graph.")
    return model


def locate(model: ModelProto, folder: Path) -> list[tuple[TensorProto, Path, int, int]]:
    """Tensors that lie outside the file: where, from which byte on, how many. Looks at no file but those beside the model."""
    located = []
    for tensor in tensors(model.graph):
        if tensor.data_location != TensorProto.EXTERNAL:
            continue
        entry = {pair.key: pair.value for pair in tensor.external_data}
        file = beside(folder, entry.get("location", ""), tensor.name)
        size = file.stat().st_size
        offset = int(entry.get("offset", 0))
        length = int(entry.get("length", size - offset))
        if offset < 0 or length < 0 or offset + length > size:
            raise Refused(f"External data is cut off: {file.name} ends before the tensor {tensor.name} does")
        located.append((tensor, file, offset, length))
    return located


def embed(located: list[tuple[TensorProto, Path, int, int]]) -> None:
    """Takes tensors that lie outside the file into it."""
    for tensor, file, offset, length in located:
        with file.open("rb") as data:
            data.seek(offset)
            tensor.raw_data = data.read(length)
        del tensor.external_data[:]
        tensor.data_location = TensorProto.DEFAULT


def beside(folder: Path, location: str, tensor: str) -> Path:
    """The file that a tensor points to. @raises Refused where that is not a plain file inside the model's folder."""
    parts = PurePosixPath(location.replace("\\", "/")).parts
    absolute = location.startswith(("/", "\\")) or PureWindowsPath(location).drive != ""
    if not parts or absolute or ".." in parts:
        raise Refused(f"External data lies outside the model's folder: the tensor {tensor} points to {location or 'nothing'}")
    file = folder
    for part in parts:
        file = file / part
        if file.is_symlink():
            raise Refused(f"External data is reached by a symbolic link, which may lead anywhere: {location}")
    if not file.is_file():
        raise Refused(f"External data is missing: {location}")
    return file


def tensors(graph: GraphProto) -> Iterator[TensorProto]:
    """Every tensor of a graph and of the graphs in its nodes."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for attribute in (attribute for node in graph.node for attribute in node.attribute):
        if attribute.type == AttributeProto.TENSOR:
            yield attribute.t
        yield from attribute.tensors
        for inner in [attribute.g] if attribute.type == AttributeProto.GRAPH else attribute.graphs:
            yield from tensors(inner)


def the_picture(inputs: list[ValueInfoProto]) -> tuple[ValueInfoProto, str]:
    """The one input and how a picture lies in it. @raises Refused where it takes no picture, or more than one thing."""
    if not inputs:
        raise Refused("The network has no inputs: there is nothing to give it a picture by")
    if len(inputs) > 1:
        names = ", ".join(f"{value.name} {dims(value)}" for value in inputs)
        raise Refused(f"The network has {len(inputs)} inputs ({names}); Refit gives it one picture")
    value = inputs[0]
    shape, kind = dims(value), value.type.tensor_type.elem_type
    if len(shape) == 4 and not (isinstance(shape[0], int) and shape[0] != 1):
        if kind == TensorProto.UINT8 and shape[3] == 3:
            return value, "pixels"
        if kind in (TensorProto.FLOAT, TensorProto.FLOAT16):
            if shape[1] == 3:
                return value, "planes"
            if shape[3] == 3:
                return value, "rows"
    name = TensorProto.DataType.Name(kind).lower()
    raise Refused(
        f"The input {value.name} is {name} {shape}; a picture is float [1, 3, H, W] or [1, H, W, 3], or uint8 [1, H, W, 3]"
    )


def check_operators(model: ModelProto) -> None:
    opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 0)
    own = {(function.domain, function.name) for function in model.functions}
    unknown = sorted(
        {
            f"{node.domain or 'ai.onnx'}.{node.op_type} (node {node.name or node.output[0]})"
            for node in nodes(model.graph)
            if (node.domain, node.op_type) not in own and not known(node, opset)
        }
    )
    if unknown:
        raise Refused(f"The network has operators that are not known: {', '.join(unknown)}", f"Opset {opset}.")


def known(node: onnx.NodeProto, opset: int) -> bool:
    # Of other domains ONNX Runtime knows some, and says so itself.
    if node.domain not in ("", "ai.onnx"):
        return True
    try:
        onnx.defs.get_schema(node.op_type, opset, "")
        return True
    except onnx.defs.SchemaError:
        return False


def nodes(graph: GraphProto) -> Iterator[onnx.NodeProto]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.type == AttributeProto.GRAPH else attribute.graphs:
                yield from nodes(inner)


def dims(value: ValueInfoProto) -> list[int | str]:
    """A number where a side is fixed, its name or "?" where it is free."""
    return [dim.dim_value or dim.dim_param or "?" for dim in value.type.tensor_type.shape.dim]


def run(model: ModelProto, picture: ValueInfoProto, layout: str, sides: list[int]) -> list[tuple[str, np.ndarray]]:
    """What ONNX Runtime makes of a grey picture: only that tells the outputs' true shapes."""
    shape = [1, 3, *sides] if layout == "planes" else [1, *sides, 3]
    kind = helper.tensor_dtype_to_np_dtype(picture.type.tensor_type.elem_type)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        values = session.run(names, {picture.name: np.full(shape, 0.5 if kind != np.uint8 else 127, kind)})
    except Exception as error:
        raise Refused(f"ONNX Runtime cannot run the network on a picture of {sides[1]} × {sides[0]}", error) from error
    return list(zip(names, values, strict=True))


def precision(model: ModelProto) -> str:
    """What most of the weights are kept in: `float16` or `float32`."""
    halves = sum(t.ByteSize() for t in model.graph.initializer if t.data_type == TensorProto.FLOAT16)
    floats = sum(t.ByteSize() for t in model.graph.initializer if t.data_type == TensorProto.FLOAT)
    return "float16" if halves > floats else "float32"


if __name__ == "__main__":
    try:
        file, height, width, out, room = sys.argv[1:]
        answer = {"facts": inspect(Path(file), int(height), int(width), Path(out), int(room))}
    except Refused as refused:
        answer = {"refused": str(refused), "detail": refused.detail}
    print(json.dumps(answer))

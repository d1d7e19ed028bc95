"""
Makes any network of one picture a model of Refit's: uint8 pixels in, pictures or named numbers out. For the `convert.py` that
`refit add` writes; pixels.py is what the models made by hand are made with.
"""

from pathlib import Path

import onnx
from onnx import GraphProto, ModelProto, TensorProto, compose, helper, parser, shape_inference, version_converter

from network import OPSET

OLDEST_OPSET = 13
"""Older ones are brought to OPSET: what is put before and after a network is written for this one and newer."""

FROM_BYTES = {
    "bytes": [],
    "unit": ["Div 255.0"],
    "signed": ["Div 127.5", "Sub 1.0"],
    "imagenet": ["Div 255.0", "Sub 0.485 0.456 0.406", "Div 0.229 0.224 0.225"],
}
"""How a byte becomes what the network was trained on: 0…255, 0…1, -1…1, or ImageNet's mean and deviation."""

TO_BYTES = {"bytes": [], "unit": ["Mul 255.0"], "signed": ["Add 1.0", "Mul 127.5"], "imagenet": ["Mul 255.0"]}


def wrap(
    source: Path, *, input: str, layout: str, values: str, outputs: dict[str, str], scale: int | None
) -> ModelProto:
    """
    @param layout of the input: "planes" NCHW, "rows" NHWC, "pixels" already uint8 NHWC.
    @param values what the network's numbers are: a key of FROM_BYTES.
    @param outputs name there → name here; others are left out.
    @param scale of a network that gives back one picture so many times as large; None where outputs stay what they are.
    """
    model = onnx.load(source)
    opset = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    if opset < OLDEST_OPSET:
        model = version_converter.convert_version(model, OPSET)
        opset = OPSET
    graph = GraphProto()
    graph.CopyFrom(model.graph)
    weights = {weight.name for weight in graph.initializer}
    kept = {
        "input": [value for value in graph.input if value.name not in weights],
        "output": [value for value in graph.output if value.name in outputs],
    }
    for field, entries in kept.items():
        copies = [type(entry).FromString(entry.SerializeToString()) for entry in entries]
        del getattr(graph, field)[:]
        getattr(graph, field).extend(copies)
    del graph.value_info[:]
    graph.ClearField("doc_string")

    head = f'<ir_version: {model.ir_version}, opset_import: ["": {opset}]>\n'
    kind = graph.input[0].type.tensor_type.elem_type
    sides = _sides(graph, layout)
    whole = _model(graph, model, opset)
    whole = compose.add_prefix(whole, "network/")
    if layout == "pixels":
        _rename(whole.graph, f"network/{input}", "pixels")
    else:
        before = parser.parse_model(head + _before(values, layout, kind, sides))
        whole = compose.merge_models(before, whole, [("picture", f"network/{input}")])
    for there, here in outputs.items():
        last = next(value for value in whole.graph.output if value.name == f"network/{there}")
        after = _after(here, values, layout, last.type.tensor_type.elem_type, scale)
        if after is None:
            _rename(whole.graph, last.name, here)
        else:
            named = compose.add_prefix(parser.parse_model(head + after), f"{here}/", rename_outputs=False)
            whole = compose.merge_models(whole, named, [(last.name, f"{here}/last")])
    order = {here: place for place, here in enumerate(outputs.values())}
    ordered = sorted(whole.graph.output, key=lambda value: order[value.name])
    copies = [onnx.ValueInfoProto.FromString(value.SerializeToString()) for value in ordered]
    del whole.graph.output[:]
    whole.graph.output.extend(copies)
    whole.graph.name = "refit"
    return _with_shapes(_model(whole.graph, model, opset))


def _model(graph: GraphProto, like: ModelProto, opset: int) -> ModelProto:
    """Of the opsets and functions of another; without its dates and names, so that the same input makes the same bytes."""
    others = [entry for entry in like.opset_import if entry.domain not in ("", "ai.onnx")]
    imports = [helper.make_opsetid("", opset), *others]
    model = helper.make_model(graph, opset_imports=imports, ir_version=like.ir_version, functions=list(like.functions))
    model.producer_name = "refit"
    return model


def _with_shapes(model: ModelProto) -> ModelProto:
    """Says of each output what follows from the graph: the text form of what was put after them knows no free rank."""
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    inferred = {value.name: value for value in shape_inference.infer_shapes(model).graph.output}
    for value in model.graph.output:
        # Empty where nothing follows: the checker wants the field.
        value.type.tensor_type.shape.CopyFrom(inferred[value.name].type.tensor_type.shape)
    return model


def _sides(graph: GraphProto, layout: str) -> tuple[int | str, int | str]:
    """Makes the batch 1 and names the free sides. @returns height and width."""
    shape = graph.input[0].type.tensor_type.shape.dim
    high = 2 if layout == "planes" else 1
    shape[0].dim_value = 1
    for side, name in ((high, "H"), (high + 1, "W")):
        if not shape[side].dim_value:
            shape[side].dim_param = name
    return tuple(shape[side].dim_value or shape[side].dim_param for side in (high, high + 1))


def _before(values: str, layout: str, kind: int, sides: tuple[int | str, int | str]) -> str:
    height, width = sides
    shape = f"1, 3, {height}, {width}" if layout == "planes" else f"1, {height}, {width}, 3"
    constants, steps, last = _steps(FROM_BYTES[values], "numbers")
    if layout == "planes":
        steps.append(f"planes = Transpose <perm = [0, 3, 1, 2]> ({last})")
        last = "planes"
    steps.append(f"picture = Cast <to = {kind}> ({last})")
    name = "float16" if kind == TensorProto.FLOAT16 else "float"
    return f"""before (uint8[1, {height}, {width}, 3] pixels) => ({name}[{shape}] picture) <{constants}> {{
        numbers = Cast <to = 1> (pixels)
        {chr(10).join(steps)}
    }}"""


def _after(here: str, values: str, layout: str, kind: int, scale: int | None) -> str | None:
    """What follows an output; None where it is what the card can say as it is."""
    name = TensorProto.DataType.Name(kind).lower()
    if scale is None:
        if kind in (TensorProto.FLOAT, TensorProto.UINT8):
            return None
        return f'after ({name} last) => (float "{here}") {{ "{here}" = Cast <to = 1> (last) }}'
    if kind == TensorProto.UINT8:
        return None
    constants, steps, last = _steps(TO_BYTES[values], "numbers")
    turn = ["rows = Transpose <perm = [0, 2, 3, 1]> (whole)"] if layout == "planes" else ["rows = Identity (whole)"]
    # A cast to uint8 cuts the fraction off and wraps round, hence Round and Clip before it; it comes last because
    # TensorRT takes uint8 at the network's ends only.
    lines = [
        "numbers = Cast <to = 1> (last)",
        *steps,
        f"clipped = Clip ({last}, black, white)",
        "whole = Round (clipped)",
        *turn,
        f'"{here}" = Cast <to = 2> (rows)',
    ]
    bounds = "float black = {0.0}, float white = {255.0}" + (f", {constants}" if constants else "")
    return f'after ({name} last) => (uint8 "{here}") <{bounds}> {{ {chr(10).join(lines)} }}'


def _steps(steps: list[str], start: str) -> tuple[str, list[str], str]:
    """Arithmetic of one constant each, on rows (NHWC). @returns the constants' declarations, the lines, the last name."""
    constants, lines, last = [], [], start
    for place, step in enumerate(steps):
        operator, *numbers = step.split()
        shape = f"[{len(numbers)}]" if len(numbers) > 1 else ""
        constants.append(f"float{shape} number{place} = {{{', '.join(numbers)}}}")
        lines.append(f"step{place} = {operator} ({last}, number{place})")
        last = f"step{place}"
    return ", ".join(constants), lines, last


def _rename(graph: GraphProto, old: str, new: str) -> None:
    for node in graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                if name == old:
                    names[place] = new
    for value in [*graph.input, *graph.output]:
        if value.name == old:
            value.name = new

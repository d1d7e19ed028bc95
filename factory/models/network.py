"""A trained network, taken out of the file it came in and made ready for pixels.py. Nothing here changes a weight."""

import numpy as np
import onnx
import onnxruntime
from onnx import ModelProto, TensorProto, helper, numpy_helper, shape_inference, version_converter

OPSET = 17
"""Known to ONNX Runtime and to TensorRT-RTX alike; every part of a prepared model is of this one."""

IR_VERSION = 8


def make_model(graph: onnx.GraphProto) -> ModelProto:
    """A checked model of this project's opset. Carries no date, no path, no tool's name: same input, same bytes."""
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    model.producer_name = "refit"
    onnx.checker.check_model(model)
    return model


def declare(model: ModelProto, name: str, shape: list[int | str]) -> None:
    """Says what shape an input or output has: a number where a side is fixed, a name where it is free."""
    for value in [*model.graph.input, *model.graph.output]:
        if value.name == name:
            element = value.type.tensor_type.elem_type
            value.CopyFrom(helper.make_tensor_value_info(name, element, shape))
            return
    raise KeyError(f"The model has no input or output {name}")


def take(model: ModelProto, input_name: str, input_shape: list[int | str], outputs: dict[str, str]) -> ModelProto:
    """
    Cuts one network out of a model: `outputs` (name there → name here) and whatever leads to them.

    Exporters list weights among the inputs, keep outputs that only training wants, declare the shape of their example
    picture, and ask at run time for shapes that are known now. All of that goes. `input_shape` is NCHW, with names where
    a side is free.
    """
    graph = onnx.GraphProto()
    graph.CopyFrom(model.graph)
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info(input_name, TensorProto.FLOAT, input_shape))
    del graph.output[:]
    graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs)
    del graph.value_info[:]
    _keep_live(graph, set(outputs))

    source = helper.make_model(graph, opset_imports=model.opset_import, ir_version=IR_VERSION)
    graph = version_converter.convert_version(source, OPSET).graph
    if all(isinstance(side, int) for side in input_shape):
        _fix_reshapes(graph)
    _fix_resizes(graph)
    _keep_live(graph, set(outputs))
    _declare_outputs(graph)

    for node in graph.node:
        for i, name in enumerate(node.input):
            node.input[i] = outputs.get(name, name)
        for i, name in enumerate(node.output):
            node.output[i] = outputs.get(name, name)
    for value in graph.output:
        value.name = outputs[value.name]
    del graph.value_info[:]
    return make_model(graph)


def _keep_live(graph: onnx.GraphProto, wanted: set[str]) -> None:
    """Drops nodes and weights that no wanted output needs. Nodes are in topological order, as ONNX demands."""
    wanted = set(wanted)
    live = []
    for node in reversed(graph.node):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            live.append(node)
    live.reverse()
    weights = [weight for weight in graph.initializer if weight.name in wanted]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(live)
    graph.initializer.extend(weights)


def _fix_reshapes(graph: onnx.GraphProto) -> None:
    """
    Writes down each shape that a Reshape is told at run time. Where the input's shape is fixed, so are they: one run on a black
    picture tells them.
    """
    known = {weight.name for weight in graph.initializer}
    computed = [node for node in graph.node if node.op_type == "Reshape" and node.input[1] not in known]
    if not computed:
        return
    probe = onnx.GraphProto()
    probe.CopyFrom(graph)
    names = sorted({node.input[1] for node in computed})
    del probe.output[:]
    probe.output.extend(helper.make_tensor_value_info(name, TensorProto.INT64, None) for name in names)
    model = helper.make_model(probe, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    [picture] = session.get_inputs()
    shapes = dict(zip(names, session.run(names, {picture.name: np.zeros(picture.shape, np.float32)}), strict=True))
    for node in computed:
        name = f"{node.output[0]}.shape"
        graph.initializer.append(numpy_helper.from_array(shapes[node.input[1]], name))
        node.input[1] = name


def _declare_outputs(graph: onnx.GraphProto) -> None:
    """Says the outputs' shapes where the conversion between opsets did not come to know them."""
    if all(value.type.tensor_type.HasField("shape") for value in graph.output):
        return
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    inferred = shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    for value, told in zip(graph.output, inferred.output, strict=True):
        value.CopyFrom(told)


def _fix_resizes(graph: onnx.GraphProto) -> None:
    """
    Gives each Resize whose size is computed at run time the factor that it works out to. Such computations are dozens of
    nodes a Resize, and TensorRT treats what they yield as a dynamic shape.
    """
    computed = [node for node in graph.node if node.op_type == "Resize" and len(node.input) == 4 and node.input[3]]
    if not computed:
        return
    inferred = shape_inference.infer_shapes(make_model(graph), strict_mode=True, data_prop=True).graph
    shapes = {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in [*inferred.input, *inferred.value_info, *inferred.output]
    }
    for node in computed:
        before, after = shapes[node.input[0]], shapes[node.output[0]]
        if not all(before) or not all(after):
            raise ValueError(f"The size that {node.name or node.output[0]} resizes to cannot be told in advance")
        scales = [float(b) / a for a, b in zip(before, after, strict=True)]
        name = f"{node.output[0]}.scales"
        graph.initializer.append(helper.make_tensor(name, TensorProto.FLOAT, [len(scales)], scales))
        del node.input[1:]
        node.input.extend(["", name])

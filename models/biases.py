"""Which of a network's weights are put back on the user's machine, and which stay in the engine."""

import numpy as np
from onnx import ModelProto, helper, numpy_helper

from network import make_model

WITH_BIAS = {"Conv": 2, "ConvTranspose": 2, "Gemm": 2}
"""Operators with a bias, and which input it is."""


def keep_biases(model: ModelProto) -> ModelProto:
    """
    Gathers a network's biases in one tensor that is split at the start. TensorRT-RTX takes what comes out of a Split for a
    constant of its own and leaves it in the stripped engine, so only the kernels have to be put back.

    Each tensor that is put back takes a millisecond or so on the user's machine, however small it is: TensorRT-RTX compiles what
    rearranges it, one after the other (1.6.1). A network of hundreds of convolutions is refitted in about half the time without
    its biases, and its stripped engine is a third smaller, though these few kilobytes now lie in it. Not for a network that takes other
    weights later (`refittable`): what stays in an engine stays as it is.
    """
    graph = model.graph
    places = [(node, WITH_BIAS[node.op_type]) for node in graph.node if node.op_type in WITH_BIAS]
    names = {node.input[place] for node, place in places if len(node.input) > place}
    biases = [tensor for tensor in graph.initializer if tensor.name in names]
    kinds = {tensor.data_type for tensor in biases}
    if len(kinds) != 1:
        raise ValueError(f"Expected biases of one element type but found {len(kinds)}")
    values = [numpy_helper.to_array(tensor) for tensor in biases]
    for tensor in biases:
        graph.initializer.remove(tensor)
    graph.initializer.append(numpy_helper.from_array(np.concatenate(values), "biases"))
    sizes = np.array([value.size for value in values], np.int64)
    graph.initializer.append(numpy_helper.from_array(sizes, "biases.sizes"))
    split = helper.make_node("Split", ["biases", "biases.sizes"], [tensor.name for tensor in biases], axis=0)
    graph.node.insert(0, split)
    return make_model(graph)

"""How a network's weights lie in its ONNX file decides how long a refit takes, and how large the stripped engine is."""

import math
from itertools import groupby, pairwise

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from network import make_model

MOST_TOGETHER = 32
"""Kernels in one tensor; `gather_weights` says why not all."""


def gather_weights(model: ModelProto) -> ModelProto:
    """
    Lays a float16 network's convolution kernels of one shape into one tensor that is cut at the start, or a few, and all
    biases into another. Nothing of what the network computes changes.

    TensorRT-RTX (1.6.1) has a kernel for each tensor that is put back, to rearrange it as the GPU's convolutions read it. They lie
    in the stripped engine, each as PTX and once more for every family of GPUs, some 45 kilobytes, and are loaded on the user's
    machine one after the other, a millisecond or so each: that is what the refit of hundreds of convolutions is. What is cut
    out of one tensor is rearranged by one kernel, provided that something is computed before the cut: there and back between
    float16 and float32, which loses nothing and which ONNX Runtime works out when it opens the file.

    Where the library has no machine code for a GPU, as for the H100, the driver compiles those kernels at the first refit, in a time
    that grows with how many pieces each cuts; of kernels that cut as many, it compiles one. So more than 32 lie in several tensors,
    as equal as can be: 69 in three of 23 took it 110 ms, in one 199 (five shapes of `photo-x4`, H100, driver 580).

    Of biases, vectors that are cut out of a vector, TensorRT-RTX makes constants of its own and leaves them in the stripped engine.
    So this is not for a network that takes other weights later (`refittable`): what stays in an engine stays as it is.
    """
    graph = model.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    names = [[node.input[place] for node in convolutions if len(node.input) > place] for place in (1, 2)]
    every = [*names[0], *names[1]]
    half = {name for name, tensor in tensors.items() if tensor.data_type == TensorProto.FLOAT16}
    if not names[1] or not half.issuperset(every) or len(set(every)) < len(every):
        raise ValueError("Expected convolutions with kernels and biases in float16, no two of one tensor")
    kernels, biases = ([(name, numpy_helper.to_array(tensors[name])) for name in part] for part in names)
    nodes: list[NodeProto] = []

    def together(name: str, members: list[tuple[str, np.ndarray]]) -> None:
        for member, _ in members:
            graph.initializer.remove(tensors[member])
        graph.initializer.append(numpy_helper.from_array(np.concatenate([values for _, values in members]), name))

    def cut(name: str, source: str, members: list[tuple[str, np.ndarray]]) -> None:
        sizes = np.array([len(values) for _, values in members], np.int64)
        graph.initializer.append(numpy_helper.from_array(sizes, f"{name}.sizes"))
        nodes.append(helper.make_node("Split", [source, f"{name}.sizes"], [member for member, _ in members], axis=0))

    for shape, group in groupby(sorted(kernels, key=lambda kernel: kernel[1].shape), lambda kernel: kernel[1].shape):
        members = list(group)
        if len(members) == 1:
            continue
        name = "kernels." + "x".join(map(str, shape))
        parts = math.ceil(len(members) / MOST_TOGETHER)
        bounds = [len(members) * part // parts for part in range(parts + 1)]
        for part, (start, end) in enumerate(pairwise(bounds)):
            piece = name if parts == 1 else f"{name}.{part}"
            together(piece, members[start:end])
            nodes.append(helper.make_node("Cast", [piece], [f"{piece}.wide"], to=TensorProto.FLOAT))
            nodes.append(helper.make_node("Cast", [f"{piece}.wide"], [f"{piece}.whole"], to=TensorProto.FLOAT16))
            cut(piece, f"{piece}.whole", members[start:end])
    together("biases", biases)
    cut("biases", "biases", biases)
    for node in reversed(nodes):
        graph.node.insert(0, node)
    return make_model(graph)

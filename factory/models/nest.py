"""How a network joins what it keeps decides how often the GPU copies it."""

from onnx import ModelProto

from network import make_model


def nest_concats(model: ModelProto) -> ModelProto:
    """
    Lets each Concat that begins as an earlier one does go on from that one's output: of `Concat(x, a)` and `Concat(x, a, b)` the
    second becomes `Concat(Concat(x, a), b)`. Nothing of what the network computes changes; but ONNX Runtime's processor, which computes
    float16 in float32, then rounds at other places.

    A dense block (Huang et al. 2017, arXiv:1608.06993) joins what it began with and all that its convolutions gave, again for each
    of them. TensorRT-RTX (1.6.1) copies what several Concats read into each of their outputs. Where each is the beginning of the
    next, they share memory and nothing is copied; the activation before them then runs by itself, in no time beside that. In
    `photo-x4` 276 copies go so: 11.1 to 11.4 ms a tile of 256 instead of 13.3 and more (H100; docs/gpu-report.md, four runs after
    and five before), and a session opens sooner, since the library reads through all that a plan does.
    """
    graph = model.graph
    joined: dict[tuple[int | str, ...], str] = {}
    for node in graph.node:
        if node.op_type != "Concat":
            continue
        axis = next(attribute.i for attribute in node.attribute if attribute.name == "axis")
        inputs = list(node.input)
        for count in range(len(inputs) - 1, 1, -1):
            earlier = joined.get((axis, *inputs[:count]))
            if earlier is not None:
                del node.input[:]
                node.input.extend([earlier, *inputs[count:]])
                break
        joined.setdefault((axis, *inputs), node.output[0])
    return make_model(graph)

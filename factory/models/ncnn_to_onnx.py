"""
ncnn → ONNX, for the layers that Real-ESRGAN's networks are made of.

A `.param` file is text: a magic number, the counts, then one layer a line: `Type name n_in n_out inputs… outputs… id=value…`.
A `.bin` file holds the weights in the layers' order, with nothing to tell them apart; so every byte must be accounted for.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnx import ModelProto, helper, numpy_helper

from network import make_model

MAGIC = "7767517"
TAG_FLOAT32 = 0
TAG_FLOAT16 = 0x01306B47


@dataclass(frozen=True)
class Layer:
    kind: str
    name: str
    inputs: list[str]
    outputs: list[str]
    params: dict[int, str]

    def integer(self, key: int, default: int = 0) -> int:
        return int(self.params.get(key, default))

    def array(self, key: int) -> list[float]:
        """Array parameters are written `-233xx=count,v0,v1,…`; `key` is xx."""
        values = self.params.get(-23300 - key)
        return [float(value) for value in values.split(",")[1:]] if values else []

    def only(self, allowed: dict[int, int | None]) -> None:
        """Refuses parameters that would silently be ignored. `None` allows any value."""
        for key, value in self.params.items():
            key = -key - 23300 if key <= -23300 else key
            if key not in allowed or (allowed[key] is not None and float(value) != allowed[key]):
                raise ValueError(f"{self.kind} {self.name}: parameter {key}={value} is not understood")


class Weights:
    """Reads a `.bin` from front to back."""

    def __init__(self, data: bytes):
        self._data = data
        self._at = 0

    def tagged(self, count: int) -> np.ndarray:
        """`count` values in the type that their tag names."""
        tag = int(self._take(np.dtype("<u4"), 1)[0])
        if tag == TAG_FLOAT16:
            values = self._take(np.dtype("<f2"), count)
            self._at += -self._at % 4
            return values
        if tag == TAG_FLOAT32:
            return self.float32(count)
        raise ValueError(f"Weights of tag {tag:#010x} are not understood")

    def float32(self, count: int) -> np.ndarray:
        return self._take(np.dtype("<f4"), count)

    def finish(self) -> None:
        if self._at != len(self._data):
            raise ValueError(f"{len(self._data) - self._at} bytes of weights are left over: the layers were misread")

    def _take(self, dtype: np.dtype, count: int) -> np.ndarray:
        values = np.frombuffer(self._data, dtype, count, self._at)
        self._at += values.nbytes
        return values


def parse_param(text: str) -> list[Layer]:
    lines = text.split("\n")
    if lines[0].strip() != MAGIC:
        raise ValueError("This is not an ncnn .param file")
    layers = []
    for line in lines[2:]:
        fields = line.split()
        if not fields:
            continue
        kind, name, n_in, n_out = fields[0], fields[1], int(fields[2]), int(fields[3])
        inputs, outputs = fields[4 : 4 + n_in], fields[4 + n_in : 4 + n_in + n_out]
        params = dict(field.split("=", 1) for field in fields[4 + n_in + n_out :])
        layers.append(Layer(kind, name, inputs, outputs, {int(key): value for key, value in params.items()}))
    if len(layers) != int(lines[1].split()[0]):
        raise ValueError(f"{lines[1].split()[0]} layers announced, {len(layers)} found")
    return layers


def convert_ncnn(param: Path, weights: Path, dtype: type[np.floating], channels: int = 3) -> ModelProto:
    """
    @param dtype of weights, input, output and everything between: float16 or float32.
    @returns a model `data [1, channels, H, W]` → `output`, H and W free.
    """
    translation = _Translation(Weights(weights.read_bytes()), dtype)
    for layer in parse_param(param.read_text("ascii")):
        translation.add(layer)
    translation.weights.finish()
    element = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    graph = helper.make_graph(
        translation.nodes,
        "network",
        [helper.make_tensor_value_info("data", element, [1, channels, "H", "W"])],
        [helper.make_tensor_value_info("output", element, [1, channels, "Y", "X"])],
        translation.initializers,
    )
    return make_model(graph)


class _Translation:
    def __init__(self, weights: Weights, dtype: type[np.floating]):
        self.weights = weights
        self.nodes = []
        self.initializers = []
        self._dtype = dtype
        self._alias: dict[str, str] = {}

    def add(self, layer: Layer) -> None:
        method = getattr(self, f"_{layer.kind.lower()}", None)
        if method is None:
            raise ValueError(f"{layer.kind} ({layer.name}) is a layer that this converter does not know")
        method(layer)

    def _node(self, op: str, layer: Layer, inputs: list[str], output: str | None = None, **attributes) -> None:
        name = layer.name if output is None else output
        self.nodes.append(helper.make_node(op, inputs, [output or layer.outputs[0]], name=name, **attributes))

    def _constant(self, name: str, values: np.ndarray) -> str:
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _inputs(self, layer: Layer) -> list[str]:
        return [self._alias.get(name, name) for name in layer.inputs]

    def _input(self, layer: Layer) -> None:
        layer.only({})
        if layer.outputs != ["data"]:
            raise ValueError(f"Expected one input named data but received {layer.outputs}")

    def _split(self, layer: Layer) -> None:
        # ncnn copies a value for each reader; ONNX values are read as often as one likes.
        layer.only({})
        [source] = self._inputs(layer)
        self._alias.update(dict.fromkeys(layer.outputs, source))

    def _convolution(self, layer: Layer) -> None:
        layer.only({0: None, 1: None, 4: None, 5: 1, 6: None, 9: None, 10: None})
        out_channels, kernel, pad, count = layer.integer(0), layer.integer(1), layer.integer(4), layer.integer(6)
        weight = self.weights.tagged(count).reshape(out_channels, -1, kernel, kernel)
        bias = self.weights.float32(out_channels)
        inputs = [
            *self._inputs(layer),
            self._constant(f"{layer.name}.weight", weight.astype(self._dtype)),
            self._constant(f"{layer.name}.bias", bias.astype(self._dtype)),
        ]
        activation = layer.integer(9)
        if activation not in (0, 2):
            raise ValueError(f"Convolution {layer.name}: activation {activation} is not understood")
        linear = f"{layer.name}.linear" if activation else None
        self._node("Conv", layer, inputs, linear, kernel_shape=[kernel] * 2, pads=[pad] * 4)
        if linear:
            [slope] = layer.array(10)
            self._node("LeakyRelu", layer, [linear], alpha=slope)

    def _prelu(self, layer: Layer) -> None:
        layer.only({0: None})
        slopes = self.weights.float32(layer.integer(0)).astype(self._dtype).reshape(-1, 1, 1)
        self._node("PRelu", layer, [*self._inputs(layer), self._constant(f"{layer.name}.slope", slopes)])

    def _concat(self, layer: Layer) -> None:
        layer.only({0: 0})
        self._node("Concat", layer, self._inputs(layer), axis=1)

    def _eltwise(self, layer: Layer) -> None:
        layer.only({0: 1, 1: None})
        inputs = self._inputs(layer)
        terms = []
        for i, (name, coefficient) in enumerate(zip(inputs, layer.array(1) or [1.0] * len(inputs), strict=True)):
            if coefficient != 1:
                factor = self._constant(f"{layer.name}.coefficient{i}", np.array(coefficient, self._dtype))
                scaled = f"{layer.name}.scaled{i}"
                self._node("Mul", layer, [name, factor], scaled)
                name = scaled
            terms.append(name)
        if len(terms) != 2:
            raise ValueError(f"Eltwise {layer.name}: expected two inputs but received {len(terms)}")
        self._node("Add", layer, terms)

    def _binaryop(self, layer: Layer) -> None:
        layer.only({0: 0})
        self._node("Add", layer, self._inputs(layer))

    def _interp(self, layer: Layer) -> None:
        layer.only({0: 1, 1: None, 2: None})
        scales = np.array([1, 1, float(layer.params[1]), float(layer.params[2])], np.float32)
        self._node(
            "Resize",
            layer,
            [*self._inputs(layer), "", self._constant(f"{layer.name}.scales", scales)],
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )

    def _pixelshuffle(self, layer: Layer) -> None:
        layer.only({0: None, 1: 0})
        self._node("DepthToSpace", layer, self._inputs(layer), blocksize=layer.integer(0), mode="CRD")

# SPDX-License-Identifier: MIT
"""ONNX files read and run by NumPy alone, for machines without onnxruntime: the operators that vdib writes.

Written from the format's description: protocol buffers are read byte by byte, operators are a line or two each.
"""
import struct

import numpy as np

# What is read of each message: field number to name, kind ("many" are repeated) and message.
MODEL = {1: ("ir_version", int), 2: ("producer", str), 3: ("version", str), 7: ("graph", "graph"),
         8: ("opset", "many", "opset"), 14: ("metadata", "many", "text")}
MESSAGES = {
    "model": MODEL,
    "opset": {1: ("domain", str), 2: ("version", int)},
    "text": {1: ("key", str), 2: ("value", str)},
    "graph": {1: ("node", "many", "node"), 2: ("name", str), 5: ("initializer", "many", "tensor"), 10: ("doc", str),
              11: ("input", "many", "value"), 12: ("output", "many", "value")},
    "node": {1: ("input", "many", str), 2: ("output", "many", str), 3: ("name", str), 4: ("op", str),
             5: ("attribute", "many", "attribute")},
    "attribute": {1: ("name", str), 2: ("f", float), 3: ("i", int), 8: ("ints", "many", int), 20: ("type", int)},
    "tensor": {1: ("dims", "many", int), 2: ("type", int), 8: ("name", str), 9: ("raw", bytes)},
    "value": {1: ("name", str), 2: ("type", "type"), 3: ("doc", str)},
    "type": {1: ("tensor", "tensor_type")},
    "tensor_type": {1: ("element", int), 2: ("shape", "shape")},
    "shape": {1: ("dim", "many", "dim")},
    "dim": {1: ("size", int), 2: ("open", str)},
}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return (value - (1 << 64) if value >> 63 else value), at


def message(data, kind):
    """A message as a dictionary; an unknown field is an error."""
    fields, made, at = MESSAGES[kind], {}, 0
    for name, *rest in fields.values():
        if rest[0] == "many":
            made[name] = []
    while at < len(data):
        key, at = varint(data, at)
        name, *rest = fields[key >> 3]
        many, what = rest[0] == "many", rest[-1]
        if key & 7 == 0:
            assert what is int
            value, at = varint(data, at)
        elif key & 7 == 5:
            assert what is float
            value, at = struct.unpack_from("<f", data, at)[0], at + 4
        else:
            assert key & 7 == 2
            size, at = varint(data, at)
            assert at + size <= len(data)
            part, at = data[at : at + size], at + size
            value = bytes(part).decode() if what is str else bytes(part) if what is bytes else message(part, what)
        if many:
            made[name].append(value)
        else:
            assert name not in made, f"{name} is there twice"
            made[name] = value
    return made


def windows(x, kernel, strides, pads, fill):
    """(batch, channels, positions..., kernel...) of (batch, channels, axes...)."""
    axes = len(kernel)
    x = np.pad(x, [(0, 0), (0, 0)] + [(pads[i], pads[axes + i]) for i in range(axes)], constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(x, kernel, tuple(range(2, 2 + axes)))
    return view[(slice(None), slice(None)) + tuple(slice(None, None, s) for s in strides)]


def convolve(x, w, b=None, *, kernel_shape, strides, pads):
    axes = len(kernel_shape)
    view = windows(x, kernel_shape, strides, pads, 0)
    taken = [1] + list(range(2 + axes, 2 + 2 * axes))
    y = np.moveaxis(np.tensordot(view, w, (taken, list(range(1, 2 + axes)))), -1, 1)
    return y if b is None else y + b.reshape([1, -1] + [1] * axes)


def transpose(x, w, b=None, *, kernel_shape, strides, pads, output_padding=None):
    """ConvTranspose of two axes: every input adds its kernel to the output."""
    (kh, kw), (sh, sw), (h, v) = kernel_shape, strides, x.shape[2:]
    extra = output_padding or [0, 0]
    y = np.zeros((x.shape[0], w.shape[1], (h - 1) * sh + kh + extra[0], (v - 1) * sw + kw + extra[1]), np.float32)
    for i in range(h):
        for j in range(v):
            y[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw] += np.tensordot(x[:, :, i, j], w, (1, 0))
    y = y[:, :, pads[0] : y.shape[2] - pads[2], pads[1] : y.shape[3] - pads[3]]
    return y if b is None else y + b.reshape(1, -1, 1, 1)


def slice_of(x, begins, ends):
    return x[tuple(slice(int(b), int(min(e, n))) for b, e, n in zip(begins, ends, x.shape))]


def softmax(x, *, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


OPERATORS = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Sqrt": np.sqrt,
    "MatMul": np.matmul,
    "Gemm": lambda a, b, c, *, transB=0: a @ (b.T if transB else b) + c,
    "Conv": convolve,
    "ConvTranspose": transpose,
    "MaxPool": lambda x, *, kernel_shape, strides: windows(x, kernel_shape, strides, [0, 0, 0, 0], 0).max((-1, -2)),
    "Relu": lambda x: np.maximum(x, 0),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Softmax": softmax,
    "Identity": lambda x: x,
    "Less": lambda a, b: a < b,
    "Greater": lambda a, b: a > b,
    "GreaterOrEqual": lambda a, b: a >= b,
    "Cast": lambda x, *, to: x.astype({1: np.float32}[to]),
    "Reshape": lambda x, shape: x.reshape([int(n) for n in shape]),
    "Concat": lambda *x, axis: np.concatenate(x, axis),
    "Slice": slice_of,
    "ReduceSum": lambda x, axes, *, keepdims: x.sum(tuple(axes), keepdims=bool(keepdims)),
    "ReduceMax": lambda x, *, axes, keepdims: x.max(tuple(axes), keepdims=bool(keepdims)),
}


class Value:
    """An input or output: its name, and its shape without numbers where it is open."""

    def __init__(self, value):
        self.name = value["name"]
        assert value["type"]["tensor"]["element"] == 1
        self.shape = [axis.get("size", axis.get("open")) for axis in value["type"]["tensor"]["shape"]["dim"]]


class InferenceSession:
    """What the test uses of onnxruntime's class of that name."""

    def __init__(self, path):
        model = message(memoryview(open(path, "rb").read()), "model")
        assert [(o["domain"], o["version"]) for o in model["opset"]] == [("", 13)] and model["ir_version"] == 7
        self.graph = model["graph"]
        self.metadata = {text["key"]: text["value"] for text in model["metadata"]}
        self.constants = {}
        for t in self.graph["initializer"]:
            kind = {1: np.dtype("<f4"), 7: np.dtype("<i8")}[t["type"]]
            assert len(t["raw"]) == kind.itemsize * int(np.prod(t["dims"])) and t["name"] not in self.constants
            self.constants[t["name"]] = np.frombuffer(t["raw"], kind).reshape(t["dims"])

    def get_inputs(self):
        return [Value(v) for v in self.graph["input"]]

    def get_outputs(self):
        return [Value(v) for v in self.graph["output"]]

    def run(self, names, feed):
        values = dict(self.constants)
        for value in self.get_inputs():
            x = feed[value.name]
            assert x.dtype == np.float32 and list(x.shape[1:]) == value.shape[1:], (value.name, x.shape, value.shape)
            values[value.name] = x
        for node in self.graph["node"]:
            options = {a["name"]: a["i"] if a["type"] == 2 else a["ints"] for a in node["attribute"]}
            made, = node["output"]
            assert made not in values, f"{made} is made twice"
            values[made] = OPERATORS[node["op"]](*(values[name] for name in node["input"]), **options)
        for value in self.get_outputs():
            assert list(values[value.name].shape[1:]) == value.shape[1:], (value.name, values[value.name].shape)
        return [values[name].astype(np.float32) for name in names or [v.name for v in self.get_outputs()]]

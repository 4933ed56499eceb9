"""BERT with mean pooling as an int8 ONNX graph, written operator by operator.

Writing the graph from the weights, rather than tracing torch, takes a second, fuses attention,
layer norm and quantised matrix products, and serves the shipped encoder and fine-tuned ones alike.
Weights are int8 per output column, activations uint8 per run (dynamic quantisation).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from assist.encoder.weights import BertShape

OPSET, IR_VERSION = 18, 9
EMBEDDING = "embedding"
TOKENS = ".tokens"
_FUSED = "com.microsoft"
# Without 8-bit dot-product instructions (AVX2) a sum of two products of full 8-bit numbers
# overflows 16 bits; seven bits never do.
_WEIGHT_LIMIT = 64

Tensors = Mapping[str, NDArray[np.float32]]
Head = tuple[NDArray[np.float32], NDArray[np.float32]]


def bert_graph(shape: BertShape, tensors: Tensors, heads: Mapping[str, Head]) -> onnx.ModelProto:
    """Inputs `input_ids` and `attention_mask`, int64 (texts, tokens). Outputs `embedding`, float32
    (texts, hidden), L2-normalised mean of the last layer; and for each head, a (weight, bias) of
    shapes (classes, hidden) and (classes), its logits (texts, classes) from the mean before
    normalisation, and, as `HEAD.tokens`, float32 (texts, tokens, classes), what each token adds to
    them before averaging. `KeyError` when a tensor is missing."""
    graph = _Graph(tensors)
    states = _embed(graph, shape)
    mask = graph.add("Cast", ["attention_mask"], to=TensorProto.INT32)
    for layer in range(shape.num_hidden_layers):
        states = _layer(graph, shape, f"encoder.layer.{layer}", states, mask)
    mean = _mean(graph, states)
    graph.add("LpNormalization", [mean], name=EMBEDDING, axis=-1, p=2)
    for name, (weight, bias) in heads.items():
        weights = [graph.constant(f"{name}.weight", weight), graph.constant(f"{name}.bias", bias)]
        graph.add("Gemm", [mean, *weights], name=name, transB=1)
        columns = graph.constant(f"{name}.columns", np.ascontiguousarray(weight.T))
        graph.add("MatMul", [states, columns], name=name + TOKENS)
    sizes = {EMBEDDING: shape.hidden_size, **{name: len(head[1]) for name, head in heads.items()}}
    tokens = {name + TOKENS: len(head[1]) for name, head in heads.items()}
    return graph.model(sizes, tokens)


class _Graph:
    """Nodes and constants under construction; `tensors` are the network's weights by name."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def weight(self, name: str) -> str:
        return self.constant(name, self.tensors[name].astype(np.float32))

    def add(
        self,
        operator: str,
        inputs: list[str],
        *,
        name: str = "",
        fused: bool = False,
        **settings: object,
    ) -> str:
        return self.add_many(operator, inputs, [name or self._new_name()], fused, **settings)[0]

    def split(self, value: str, parts: int, axis: int) -> list[str]:
        outputs = [f"{self._new_name()}.{part}" for part in range(parts)]
        return self.add_many("Split", [value], outputs, axis=axis, num_outputs=parts)

    def add_many(
        self,
        operator: str,
        inputs: list[str],
        outputs: list[str],
        fused: bool = False,
        **settings: object,
    ) -> list[str]:
        domain = _FUSED if fused else ""
        self._nodes.append(helper.make_node(operator, inputs, outputs, domain=domain, **settings))
        return outputs

    def _new_name(self) -> str:
        return f"value.{len(self._nodes)}"

    def model(self, outputs: Mapping[str, int], by_token: Mapping[str, int]) -> onnx.ModelProto:
        graph = helper.make_graph(
            self._nodes,
            "bert",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
                for name in ("input_ids", "attention_mask")
            ],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["texts", size])
                for name, size in outputs.items()
            ]
            + [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["texts", "tokens", size])
                for name, size in by_token.items()
            ],
            list(self._constants.values()),
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(_FUSED, 1)]
        return helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="frontline"
        )


def _embed(graph: _Graph, shape: BertShape) -> str:
    words = graph.tensors["embeddings.word_embeddings.weight"]
    scale = np.maximum(np.abs(words).max(axis=1, keepdims=True), np.finfo(np.float32).tiny) / 127
    codes = np.round(words / scale).astype(np.int8)
    rows = graph.add("Gather", [graph.constant("words.codes", codes), "input_ids"])
    scales = graph.add(
        "Gather", [graph.constant("words.scale", scale.astype(np.float32)), "input_ids"]
    )
    embedded = graph.add("Mul", [graph.add("Cast", [rows], to=TensorProto.FLOAT), scales])
    types = graph.tensors["embeddings.token_type_embeddings.weight"]
    table = graph.tensors["embeddings.position_embeddings.weight"] + types[0]
    length = graph.add("Shape", ["input_ids"], start=1, end=2)
    start = graph.constant("first_position", np.array([0]))
    positions = graph.add("Slice", [graph.constant("positions", table), start, length])
    total = graph.add("Add", [embedded, positions])
    norm = [graph.weight(f"embeddings.LayerNorm.{part}") for part in ("weight", "bias")]
    return graph.add("LayerNormalization", [total, *norm], epsilon=shape.layer_norm_eps)


def _layer(graph: _Graph, shape: BertShape, path: str, states: str, mask: str) -> str:
    parts = [f"{path}.attention.self.{part}" for part in ("query", "key", "value")]
    query, key, value = graph.split(_linear(graph, parts, states), 3, axis=2)
    attended = graph.add(
        "MultiHeadAttention",
        [query, key, value, "", mask],
        fused=True,
        num_heads=shape.num_attention_heads,
    )
    mixed = _linear(graph, [f"{path}.attention.output.dense"], attended)
    states = _add_and_norm(graph, shape, f"{path}.attention.output.LayerNorm", mixed, states)
    inner = graph.add("Gelu", [_linear(graph, [f"{path}.intermediate.dense"], states)], fused=True)
    outer = _linear(graph, [f"{path}.output.dense"], inner)
    return _add_and_norm(graph, shape, f"{path}.output.LayerNorm", outer, states)


def _linear(graph: _Graph, paths: list[str], value: str) -> str:
    """One quantised product for the linear layers at `paths`, their outputs side by side."""
    weight = np.concatenate([graph.tensors[f"{path}.weight"] for path in paths]).T
    bias = np.concatenate([graph.tensors[f"{path}.bias"] for path in paths])
    scale = np.maximum(np.abs(weight).max(axis=0), np.finfo(np.float32).tiny) / _WEIGHT_LIMIT
    name = paths[0]
    return graph.add(
        "DynamicQuantizeMatMul",
        [
            value,
            graph.constant(f"{name}.codes", np.round(weight / scale).astype(np.int8)),
            graph.constant(f"{name}.scale", scale.astype(np.float32)),
            "",
            graph.constant(f"{name}.bias", bias.astype(np.float32)),
        ],
        fused=True,
    )


def _add_and_norm(graph: _Graph, shape: BertShape, path: str, value: str, residual: str) -> str:
    norm = [graph.weight(f"{path}.{part}") for part in ("weight", "bias")]
    return graph.add(
        "SkipLayerNormalization",
        [value, residual, *norm],
        fused=True,
        epsilon=shape.layer_norm_eps,
    )


def _mean(graph: _Graph, states: str) -> str:
    mask = graph.add("Cast", ["attention_mask"], to=TensorProto.FLOAT)
    tokens = graph.constant("token_axis", np.array([1]))
    last = graph.constant("last_axis", np.array([-1]))
    kept = graph.add("Mul", [states, graph.add("Unsqueeze", [mask, last])])
    total = graph.add("ReduceSum", [kept, tokens], keepdims=0)
    return graph.add("Div", [total, graph.add("ReduceSum", [mask, tokens], keepdims=1)])

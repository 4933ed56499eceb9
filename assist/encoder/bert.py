"""The encoder as a torch network, for fine-tuning."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from assist.encoder.vocabulary import PAD_TOKEN, chosen_ids, make_tokenizer
from assist.encoder.weights import read_weights


def load_bert() -> tuple[BertModel, Tokenizer]:
    """The default encoder's network in float32 with the cut vocabulary, and its tokenizer.

    The tokenizer is the one the built encoder uses; text must carry its prompt (`query: `).
    Raises `EncoderSourceMissing`, `EncoderSourceDamaged`."""
    weights = read_weights(choose=chosen_ids)
    shape = weights.shape
    config = BertConfig(
        vocab_size=shape.vocab_size,
        hidden_size=shape.hidden_size,
        num_hidden_layers=shape.num_hidden_layers,
        num_attention_heads=shape.num_attention_heads,
        intermediate_size=shape.intermediate_size,
        max_position_embeddings=shape.max_position_embeddings,
        type_vocab_size=shape.type_vocab_size,
        layer_norm_eps=shape.layer_norm_eps,
        pad_token_id=weights.vocabulary.pad,
    )
    bert = BertModel(config, add_pooling_layer=False)
    tensors = {name: torch.from_numpy(values) for name, values in weights.tensors.items()}
    bert.load_state_dict(tensors, strict=True)
    return bert.eval(), make_tokenizer(weights.vocabulary)


class PooledBert(nn.Module):  # type: ignore[misc]
    """BERT, the mean of its last layer, and linear heads: the network that `export_bert` writes."""

    def __init__(self, bert: BertModel, heads: Mapping[str, nn.Linear]) -> None:
        super().__init__()
        self.bert = bert
        self.heads = nn.ModuleDict(heads)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Mean-pooled states (texts, hidden), not normalised, and logits (texts, classes) by head;
        both inputs are int64 (texts, tokens)."""
        states = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * mask).sum(1) / mask.sum(1)
        return mean, {name: head(mean) for name, head in self.heads.items()}


def tokenise(tokenizer: Tokenizer, texts: list[str], max_tokens: int) -> tuple[Tensor, Tensor]:
    """Token ids and attention mask, int64 (len(texts), longest), for `PooledBert`.

    `ValueError` when the tokenizer is not one of ours."""
    ids = [tokenizer.encode(text).ids[:max_tokens] for text in texts]
    width = max(len(i) for i in ids)
    pad = tokenizer.token_to_id(PAD_TOKEN)
    if pad is None:
        raise ValueError(f"the tokenizer has no {PAD_TOKEN}")
    tokens = torch.tensor([i + [pad] * (width - len(i)) for i in ids])
    mask = torch.tensor([[1] * len(i) + [0] * (width - len(i)) for i in ids])
    return tokens, mask

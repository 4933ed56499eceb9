"""Money as whole fen (1/100 CNY); yuan appear only where people and JSON read them."""

from __future__ import annotations

from decimal import Decimal

FEN_PER_YUAN = 100


def fen_of(yuan: Decimal | int) -> int:
    """Whole fen of an amount in yuan.

    Raises:
        ValueError: a part smaller than one fen, or not a finite number.
    """
    amount = Decimal(yuan)
    fen = amount * FEN_PER_YUAN if amount.is_finite() else amount
    if not amount.is_finite() or fen != fen.to_integral_value():
        raise ValueError("an amount of money has at most two decimals")
    return int(fen)


def yuan_of(fen: int) -> Decimal:
    """An amount in yuan with two decimals."""
    return Decimal(fen).scaleb(-2)


def spoken(fen: int) -> str:
    """An amount as people write it: `500 元`, `1,234.50 元`."""
    yuan = yuan_of(fen)
    whole = yuan == yuan.to_integral_value()
    return f"{yuan:,.0f} 元" if whole else f"{yuan:,.2f} 元"

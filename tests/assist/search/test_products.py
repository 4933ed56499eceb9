from __future__ import annotations

import pytest

from assist.search.products import any_same, canonical, named_in


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("滚筒洗衣机漏水", {"洗衣机"}),
        ("雪柜不冷", {"冰箱"}),
        ("扫地机和吸尘器哪个好", {"扫地机器人", "吸尘器"}),
        ("电热水器还是燃气热水器", {"电热水器", "燃气热水器"}),
        ("washing machine坏了", {"洗衣机"}),
        ("手机号换了", set()),
        ("童锁怎么解除", set()),
        ("factory reset", set()),
        ("退款多久到账", set()),
    ],
)
def test_products_are_named_by_their_first_name(text: str, names: set[str]) -> None:
    assert named_in(text) == names


@pytest.mark.parametrize(
    ("product", "name"), [("電冰箱", "冰箱"), ("破壁机", "破壁机"), ("", ""), (" TV ", "电视")]
)
def test_a_product_unknown_to_the_dictionary_keeps_its_name(product: str, name: str) -> None:
    assert canonical(product) == name


def test_the_general_name_covers_the_special_ones() -> None:
    assert any_same(["热水器"], ["燃气热水器"])
    assert not any_same(["电热水器"], ["燃气热水器"])
    assert not any_same([], ["冰箱"])

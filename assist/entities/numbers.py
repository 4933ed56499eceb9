"""Shapes of numbers: orders, complaints, repairs, telephones, models, fault codes, sums.

All patterns expect folded text (`assist.entities.folding.fold`).
"""

from __future__ import annotations

import re

ORDER_NO = re.compile(r"(?<![a-z0-9])ax[\s-]?20(?:[\s-]?\d){9,12}(?!\d)")
COMPLAINT_NO = re.compile(r"(?<![a-z0-9])ts[\s-]?20(?:[\s-]?\d){7,11}(?!\d)")
REPAIR_NO = re.compile(r"(?<![a-z0-9])wx[\s-]?20(?:[\s-]?\d){7,11}(?!\d)")
MODEL = re.compile(r"(?<![a-z0-9])ax[a-z][\s-]?(?:[a-z]\d{1,2}|\d{2,4}[a-z]?)(?![a-z0-9])")
FAULT_CODE = re.compile(
    r"(?<![a-z0-9-])[acdefhjlmnopry][\s-]?\d{1,2}(?![a-z0-9.:%]|\s?(?:纸|页面|驾照|口岸|座|栋|楼|口|出口|门))"
)
_SPOKEN = "零〇幺一二三四五六七八九"
PHONE = re.compile(
    r"(?<![\da-z])(?:"
    r"(?:\+?86[\s-]?)?1[3-9]\d(?:[\s-]?\d){8}"
    r"|0\d{2,3}[\s-]?\d{7,8}"
    r"|09\d{2}[\s-]?\d{3}[\s-]?\d{3}"
    r")(?!\d)"
    rf"|[一幺][三五七八九][{_SPOKEN}]{{9}}(?![{_SPOKEN}])"
)

_DIGIT = "一二两三四五六七八九"
_WORDED = (
    rf"(?:[{_DIGIT}]?十[{_DIGIT}几]?|[{_DIGIT}十百千][{_DIGIT}零十百千]*万?[{_DIGIT}零十百千]*"
    r"|几[十百千万]?)"
)
_ROUND = rf"(?:[{_DIGIT}][百千万][{_DIGIT}零百千十]*|几[百千万])"
_MORE = r"(?:多|来|几)?"
_MONEY = (
    r"(?:元钱|元|块钱|块[一二两三四五六七八九\d]?(?![板屏地砖瓷玻电滤布表肉])"
    r"|rmb|人民币|蚊|万元|万块|万)"
)
_NOT_COUNTED = (
    r"(?!\s*(?:\d|[.:：-]\d|[a-z%/]|天|年|月|日|号|点|分|小时|个|次|台|升|寸|匹|公斤|斤|米|度|楼|栋|单|"
    r"位|层|代|人|秒|岁|遍|家|平|条|张|公里|瓶|件|套|倍|周|回(?!来)|毫|间|多|来|几|电话|厘|瓦|转|户|期|路|室|星|孔|级|页))"
)
_CUE = (
    r"(?:收了?我?的?|要我?|花了?我?|付了?的?|扣了?我?|退的?了?我?|赔我?的?|报价|报的?|补我?|差价|差额|"
    r"押金|加价|少了|多收|金额是?|清洗|延保|才|超|价格?|费|写着|转账记录|第一期的|上楼一层|器的|机的|箱的|"
    r"降了?|便宜了?|优惠|给我?|值|就)\s?"
)
AMOUNT = re.compile(
    rf"[¥￥]\s?\d[\d,]*(?:\.\d+)?{_MORE}(?:{_MONEY})?"
    rf"|(?<![\d.a-z-])\d[\d,]*(?:\.\d+)?\s?[千百]?{_MORE}\s?{_MONEY}"
    rf"|(?<![{_DIGIT}裂碎坏掉破烂缺第])(?!一块(?!钱)|[万亿]){_WORDED}{_MORE}{_MONEY}"
    rf"|(?<![第{_DIGIT}\d]){_ROUND}{_MORE}{_NOT_COUNTED}"
)
BARE_AMOUNT = re.compile(
    rf"{_CUE}(?P<sum>\d{{2,6}}(?:\.\d+)?{_NOT_COUNTED}|[{_DIGIT}]十[{_DIGIT}]?{_NOT_COUNTED})"
    rf"|(?<![\d.a-z-])(?P<judged>\d{{2,6}}|[{_DIGIT}]十)(?=太多|太贵|贵了|有点贵|太少|就(?:\d|[{_DIGIT}]十))"
)

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
_SPOKEN_DIGITS = "零〇幺一二三四五六七八九"
PHONE = re.compile(
    r"(?<![\da-z])(?:"
    r"(?:\+?86[\s-]?)?1[3-9]\d(?:[\s-]?\d){8}"
    r"|0\d{2,3}[\s-]?\d{7,8}"
    r"|09\d{2}[\s-]?\d{3}[\s-]?\d{3}"
    r")(?!\d)"
    rf"|[一幺][三五七八九][{_SPOKEN_DIGITS}]{{9}}(?![{_SPOKEN_DIGITS}])"
)

_DIGITS = "一二两三四五六七八九"
_WORDED = (
    rf"(?:[{_DIGITS}十百千][{_DIGITS}零十百千]*万[{_DIGITS}零十百千]*"
    rf"|[{_DIGITS}]千[{_DIGITS}零百十]*|[{_DIGITS}]百[{_DIGITS}零十]*"
    rf"|[{_DIGITS}]?十[{_DIGITS}几]?|[{_DIGITS}几]|几[十百千])"
)
_BIG = rf"(?:[{_DIGITS}]?[十]?[{_DIGITS}][百千万][{_DIGITS}零百千十]*|几[百千])"
_MORE = r"(?:多|来|几)?"
_MONEY = r"(?:元钱|元|块钱|块[一二两三四五六七八九\d]?(?![板屏地砖瓷玻电滤布表肉])|rmb|人民币|蚊|万元|万块|万)"
_COUNTED = (
    r"(?!\s*(?:\d|\.\d|[a-z%]|天|年|月|日|号|点|分|小时|个|次|台|升|寸|匹|公斤|斤|米|度|楼|栋|单|位|层|代|"
    r"人|秒|岁|遍|家|平|条|张|公里|里|瓶|件|套|倍|周|回|毫|厘|瓦|转|分贝|户|期|路|室|星|孔|级|页|块(?!钱)))"
)
_CUE = (
    r"(?:收了?我?的?|要我?|花了?我?|付了?的?|扣了?我?|退的?了?我?|赔我?的?|报价|报的?|补我?|差价|差额|押金|"
    r"加价|少了|多收|金额是?|清洗|延保|才|超|说|价|费|写着|转账记录|第一期的|上楼一层|的|降了?|便宜了?|"
    r"优惠|返现?|给我?|值|贵|还|就|洗油烟机要|换件收我|¥|￥)\s?"
)
AMOUNT = re.compile(
    rf"[¥￥]\s?\d[\d,]*(?:\.\d+)?{_MORE}(?:{_MONEY})?"
    rf"|(?<![\d.a-z-])\d[\d,]*(?:\.\d+)?\s?[千百]?{_MORE}\s?{_MONEY}"
    rf"|(?<![{_DIGITS}裂碎坏掉破烂缺]){_WORDED}{_MORE}{_MONEY}"
    rf"|(?<![第{_DIGITS}\d]){_BIG}{_MORE}{_COUNTED}"
    rf"|(?<={_CUE[:-3]})\s?x" if False else
    rf"[¥￥]\s?\d[\d,]*(?:\.\d+)?{_MORE}(?:{_MONEY})?"
    rf"|(?<![\d.a-z-])\d[\d,]*(?:\.\d+)?\s?[千百]?{_MORE}\s?{_MONEY}"
    rf"|(?<![{_DIGITS}裂碎坏掉破烂缺]){_WORDED}{_MORE}{_MONEY}"
    rf"|(?<![第{_DIGITS}\d]){_BIG}{_MORE}{_COUNTED}"
)

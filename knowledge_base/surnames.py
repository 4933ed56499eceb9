"""Names of persons, found where Chinese says that a name follows or has just been said."""

from __future__ import annotations

import re
from collections.abc import Iterator

_COMMON = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶"
    "阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易武乔贺赖龚"
    "庞樊兰殷施陶翟颜倪严牛温芦季俞鲁葛韦柯凌毕焦涂齐梅莫庄辛管祝左涂骆舒耿向欧詹甘项裴席盛霍卜缪柳路岳"
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭鄧許呂蘇盧蔣賈葉閻餘鍾範譚鄒陸顧龍萬錢湯賀賴龔龐蘭陶顏嚴蘆魯韋塗齊莊駱歐項"
)
_ALSO_WORDS = "于安成时常洪古文包关申符由明"
_DOUBLE = "欧阳|歐陽|司马|司馬|上官|诸葛|諸葛|皇甫|尉迟|公孙|慕容|司徒|夏侯|令狐|东方|端木|南宫"
_NOT_GIVEN = (
    "，。的了是在和与位个個名这那这一两您你我他她它们們来來去到说說要想打给給修装裝电電手话話住有不"
)

_SURNAME = rf"(?:{_DOUBLE}|[{_COMMON}])"
_GIVEN = rf"[^\W\da-zA-Z_{_NOT_GIVEN}]"
_WORDS = (
    r"(?!安装|高层|高管|马上|方便|方法|万一|金额|路上|程序|白色|金色|黄色|毛病|温度|严重|任何|余款|余额|"
    r"关系|时间|平时|成功|常用|明天|文员|包装|于是|安排|江苏|石家|武汉|温州|钱款|易碎|万元|高级)"
)
_BEFORE_TITLE = re.compile(
    rf"{_WORDS}(?:{_SURNAME}{_GIVEN}{{0,2}}|[{_ALSO_WORDS}])(?=先生|女士|小姐|太太)"
)
_INTRODUCED = re.compile(
    r"(?:我叫|名字叫|名字是|姓名|联系人|聯絡人|收件人|收货人|收貨人|户名)(?:是|叫|为|[:：])?[ ]?"
    rf"(?P<name>{_WORDS}(?:{_SURNAME}|[{_ALSO_WORDS}]){_GIVEN}{{1,2}})"
)
_FAMILY_NAME = re.compile(rf"我姓(?P<name>{_SURNAME}|[{_ALSO_WORDS}])")


def names(text: str) -> Iterator[tuple[int, int]]:
    """Spans of names after 我叫, 姓名, 联系人 and the like, and before 先生 or 女士."""
    for match in _BEFORE_TITLE.finditer(text):
        yield match.span()
    for pattern in (_INTRODUCED, _FAMILY_NAME):
        for match in pattern.finditer(text):
            yield match.span("name")

"""The file of a complaint as a PDF for people. Pure: data in, bytes out.

The font is Adobe's `STSong-Light`, which PDF readers bring along, so none is shipped.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from complaints.archive import words

FONT = "STSong-Light"
_WIDTH = A4[0] - 36 * mm - 12
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_BEYOND_FONT = re.compile(r"[\U00010000-\U0010ffff]")
_BODY = ParagraphStyle("body", fontName=FONT, fontSize=9.5, leading=14, wordWrap="CJK")
_HEAD = ParagraphStyle(
    "head", _BODY, fontSize=12, leading=18, spaceBefore=10, spaceAfter=4, keepWithNext=1
)
_ENTRY = ParagraphStyle("entry", _BODY, spaceAfter=5)
_TITLE = ParagraphStyle("title", _BODY, fontSize=16, leading=24)
_QUIET = ParagraphStyle("quiet", _BODY, textColor=colors.HexColor("#666666"), fontSize=8.5)
_GRID = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#bbbbbb")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#f0f2f5")),
    ]
)
_FACTS = TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0)])


def as_pdf(file: Mapping[str, Any], *, company: str, timezone: str, printed: datetime) -> bytes:
    """The whole file (`complaints.archive.file`) as an A4 document; times are local."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    no = file["complaint"]["no"]
    zone = ZoneInfo(timezone)
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=18 * mm, rightMargin=18 * mm, topMargin=16 * mm,
        bottomMargin=18 * mm, title=f"投诉档案 {no}", author=company, invariant=1,
    )  # fmt: skip

    def footer(canvas: Canvas, _document: SimpleDocTemplate) -> None:
        canvas.setFont(FONT, 8)
        canvas.drawString(18 * mm, 10 * mm, f"{company}  投诉档案 {no}")
        canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, f"第 {canvas.getPageNumber()} 页")

    flow = [
        Paragraph(f"投诉档案 {escape(no)}", _TITLE),
        Paragraph(f"{escape(company)} · 打印于 {_time(printed.isoformat(), zone)}", _QUIET),
        *_sections(file, zone),
    ]
    document.build(flow, onFirstPage=footer, onLaterPages=footer)
    return out.getvalue()


def _sections(file: Mapping[str, Any], zone: ZoneInfo) -> Iterable[Flowable]:
    complaint = file["complaint"]
    plan = complaint.get("plan") or {}
    yield from _section("基本信息", [_facts(_basics(complaint, zone))])
    yield from _section("客户陈述", [_text(complaint["summary"])])
    yield from _section("评估", [_facts(_assessment(complaint))])
    if plan:
        yield from _section("原因与方案", [_facts(_plan(plan, zone))])
    yield from _section("措施", _table(
        ("轮次", "措施", "负责人", "期限", "结果", "完成时间"), (12, 46, 22, 32, 38, 32),
        [(m["round"], m["what"], m["owner"], _time(m["due_at"], zone), m["result"],
          _time(m["done_at"], zone)) for m in file["measures"]],
    ))  # fmt: skip
    yield from _section("补偿", _table(
        ("形式", "金额（元）", "申请人", "理由", "结果", "决定人", "说明"),
        (20, 20, 20, 42, 16, 20, 36),
        [_money(c) for c in file.get("compensations", ())],
    ))  # fmt: skip
    yield from _section("时限", _table(
        ("时限", "轮次", "状态", "开始", "到期", "结束"), (28, 14, 24, 36, 36, 36),
        [(words.CLOCKS.get(c["kind"], c["kind"]), c["round"],
          words.CLOCK_STATES.get(c["state"], c["state"]), _time(c["started_at"], zone),
          _time(c["due_at"], zone), _time(c["ended_at"], zone)) for c in file["clocks"]],
    ))  # fmt: skip
    yield from _section("证据", _table(
        ("文件", "类型", "大小", "添加人", "时间", "SHA-256"), (42, 24, 20, 22, 30, 36),
        [(e["name"], e["mime"], _size(e["size"]), e["added_by"], _time(e["added_at"], zone),
          e["sha256"]) for e in file["evidence"]],
    ))  # fmt: skip
    yield from _section("以往各次", _table(
        ("第几次", "结束状态", "重开时间", "重开人", "原因"), (16, 24, 36, 26, 72),
        [(life["life"], words.STATES.get(life["ended_state"], ""), _time(life["ended_at"], zone),
          life["reopened_by"], life["reason"]) for life in file["earlier_lives"]],
    ))  # fmt: skip
    yield from _section("经过", [_entry(entry, zone) for entry in file["timeline"]])


def _basics(c: Mapping[str, Any], zone: ZoneInfo) -> list[tuple[str, Any]]:
    return [
        ("状态", words.STATES.get(c["state"], c["state"])),
        ("类别", words.CATEGORIES.get(c["category"], "未分类")),
        ("优先级", words.PRIORITIES.get(c["priority"], "") + ("，敏感" if c["sensitive"] else "")),
        ("渠道", words.CHANNELS.get(c["channel"], c["channel"])),
        ("轮次", f"第 {c['life']} 次受理，第 {c['round']} 轮处理"),
        ("产品", f"{c['product']} {c['model']}"),
        ("订单", c["order_no"]),
        ("客户", c["customer_name"]),
        ("电话", c["phone"]),
        ("其他联系方式", c["contact"]),
        ("发生时间", _time(c["occurred_at"], zone)),
        ("发生地点", c["place"]),
        ("收到时间", _time(c["created_at"], zone)),
        ("处理人", c["assigned_name"]),
        ("无证据原因", c["no_evidence_reason"]),
    ]


def _assessment(c: Mapping[str, Any]) -> list[tuple[str, Any]]:
    score = f"{c['score']} 分" if c["score"] else ""
    return [
        ("责任", words.RESPONSIBILITIES.get(c["responsibility"], "未评估")),
        ("诉求", words.NEEDS.get(c["need"], "")),
        ("动机", words.MOTIVES.get(c["motive"], "")),
        ("说明", c["assessment_note"]),
        ("满意度", f"{score} {c['rating_comment']}"),
        ("免评原因", c["rating_waiver"]),
        ("客户答复", c["customer_word"]),
    ]


def _plan(plan: Mapping[str, Any], zone: ZoneInfo) -> list[tuple[str, Any]]:
    whys = [(f"为什么 {n}", why) for n, why in enumerate(plan["whys"], 1)]
    kind = "管理原因" if plan["cause_kind"] == "management" else "原因"
    return [
        *whys,
        (kind, plan["cause"] or "未知"),
        ("负责人", plan["owner"]["display_name"]),
        ("期限", _time(plan["due_at"], zone)),
        ("费用（元）", plan["cost"]),
        ("备注", plan["note"]),
    ]


def _money(c: Mapping[str, Any]) -> tuple[Any, ...]:
    decision = c["decision"] or {}
    by = decision.get("by", "")
    level = words.LEVELS.get(c["level"], "")
    return (
        f"{words.KINDS.get(c['kind'], c['kind'])}（{level}）",
        c["amount"],
        c["author"],
        f"{c['reason']} {c['split']}",
        words.STATUSES.get(c["status"], c["status"]),
        f"{by}（权限内）" if decision.get("act") == "grant" else by,
        "" if decision.get("act") == "grant" else decision.get("reason", ""),
    )


def _entry(entry: Mapping[str, Any], zone: ZoneInfo) -> Paragraph:
    act = words.ACTS.get(entry["act"], entry["act"])
    who = words.ROLES.get(entry["actor"], entry["actor"])
    seen = "（客户可见）" if entry["visible_to"] == "customer" else ""
    said = entry["detail"].get("text") or entry["reason"]
    head = f"{_time(entry['at'], zone)}  {who}：{act}{seen}"
    return _text(f"{head}\n{said}" if said else head, _ENTRY)


def _section(title: str, content: Sequence[Flowable]) -> Iterable[Flowable]:
    if content:
        yield Paragraph(title, _HEAD)
        yield from content
        yield Spacer(1, 2 * mm)


def _facts(pairs: Sequence[tuple[str, Any]]) -> Flowable:
    rows = [
        [Paragraph(label, _QUIET), _text(value)] for label, value in pairs if str(value).strip()
    ]
    widths = [28 * mm, _WIDTH - 28 * mm]
    return Table(rows, widths, style=_FACTS, splitInRow=1, hAlign="LEFT") if rows else Spacer(1, 1)


def _table(
    head: Sequence[str], widths_mm: Sequence[int], rows: Sequence[Sequence[Any]]
) -> list[Flowable]:
    if not rows:
        return []
    cells = [[Paragraph(title, _QUIET) for title in head]]
    cells += [[_text(value) for value in row] for row in rows]
    widths = [width * _WIDTH / sum(widths_mm) for width in widths_mm]
    return [Table(cells, widths, style=_GRID, repeatRows=1, splitInRow=1, hAlign="LEFT")]


def _text(value: Any, style: ParagraphStyle = _BODY) -> Paragraph:
    """Any value as text the font can show; markup in it is text as well."""
    text = _UNPRINTABLE.sub("", "" if value is None else str(value))
    text = _BEYOND_FONT.sub("□", text).strip()
    return Paragraph(escape(text).replace("\n", "<br/>"), style)


def _time(moment: str | None, zone: ZoneInfo) -> str:
    """A moment in local time; what is no moment stays as it was written."""
    try:
        at = datetime.fromisoformat(moment or "")
    except ValueError:
        return moment or ""
    return f"{at.astimezone(zone) if at.tzinfo else at:%Y-%m-%d %H:%M}"


def _size(size: int) -> str:
    return f"{size / 1024:.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"

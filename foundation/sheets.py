"""Tables as people's offices produce them: CSV in several encodings and separators, Excel."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from foundation.errors import InvalidInput, TooLarge

LARGEST_UNPACKED = 20
"""How many times its limit a spreadsheet may unpack to."""
_SEPARATORS = ",;\t"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def unreadable(reason: str) -> InvalidInput:
    """The file as a whole cannot be read; `reason` is for the person who chose it."""
    return InvalidInput(reason, reasons=[reason])


def decode(data: bytes) -> str:
    """The text of `data`: by its byte-order mark, else UTF-8, else GB18030.

    Raises:
        InvalidInput: none of them fits.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise unreadable("文件的编码既不是 UTF-8 也不是 GB18030")


def csv_cells(text: str) -> Iterator[list[str]]:
    """The rows of a CSV text; comma, semicolon or tab, whichever its first line has most of.

    Raises:
        csv.Error: from the row on that cannot be read.
    """
    header = text.split("\n", 1)[0]
    delimiter = max(_SEPARATORS, key=header.count)
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def spreadsheet_cells(
    data: bytes, max_bytes: int, *, times: bool = False, most: int | None = None
) -> list[list[str]]:
    """The rows of the first sheet as text; with `times` a moment keeps its time of day, and of a
    sheet with more than `most` rows no more than one beyond them is read.

    Raises:
        TooLarge: it unpacks to more than twenty times `max_bytes`.
        InvalidInput: not an Excel file.
    """
    if data.startswith(_OLD_EXCEL):
        raise unreadable("这是旧版 Excel 文件（.xls），请另存为 .xlsx 或 CSV")
    found: list[list[str]] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > max_bytes * LARGEST_UNPACKED:
            raise TooLarge("unpacked spreadsheet", max_bytes * LARGEST_UNPACKED, "bytes")
        sheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
        for row in sheet.values:
            found.append([_text(value, times) for value in row])
            if most is not None and len(found) > most:
                break
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError) as error:
        raise unreadable("打不开这个 Excel 文件") from error
    return found


def _text(value: Any, times: bool) -> str:
    if isinstance(value, datetime):
        if times and value.time() != time():
            return value.isoformat(" ", "minutes")
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)

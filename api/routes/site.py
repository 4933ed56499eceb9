"""The pages: demo shop with the widget, and the desk."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from foundation.errors import NotFound
from foundation.settings import ROOT

router = APIRouter(include_in_schema=False)

WEB = ROOT / "web"
SHOP = WEB / "shop"
WIDGET = WEB / "widget" / "dist" / "widget.js"
DESK = WEB / "desk" / "dist"
NOT_BUILT = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>页面还没有生成</title>
<body style="font-family:sans-serif;max-width:36em;margin:15vh auto;line-height:1.7">
<h1>页面还没有生成</h1><p>请在项目目录里运行 <code>make web</code>，然后刷新本页。</p>
<p>The web pages are not built yet: run <code>make web</code> and reload.</p></body></html>"""


@router.get("/")
async def shop() -> Response:
    """The demo shop."""
    return _page(SHOP / "index.html")


@router.get("/widget.js")
async def widget() -> Response:
    """The customer widget, embedded by one script tag on any site."""
    if not WIDGET.is_file():
        return Response(
            'console.error("Frontline: the widget is not built yet, run `make web`.");',
            503,
            media_type="text/javascript",
        )
    return FileResponse(
        WIDGET,
        media_type="text/javascript",
        headers={"Cache-Control": "no-cache", "Cross-Origin-Resource-Policy": "cross-origin"},
    )


@router.get("/desk")
async def desk_without_slash() -> RedirectResponse:
    """The desk lives under a folder."""
    return RedirectResponse("/desk/")


@router.get("/desk/{path:path}")
async def desk(path: str) -> Response:
    """The desk's files; a page address that is no file gives the desk itself."""
    if path and "." in path.rsplit("/", 1)[-1]:
        return _asset(DESK, path)
    return _page(DESK / "index.html")


@router.get("/shop/{path:path}")
async def shop_asset(path: str) -> Response:
    """Files beside the demo shop."""
    return _asset(SHOP, path)


def _page(file: Path) -> Response:
    if not file.is_file():
        return HTMLResponse(NOT_BUILT, 503)
    return FileResponse(file, headers={"Cache-Control": "no-cache"})


def _asset(folder: Path, path: str) -> Response:
    """One file inside `folder`; names with a content hash may be kept for ever."""
    if "\0" in path:
        raise NotFound("page", path.replace("\0", ""))
    file = (folder / path).resolve()
    if not file.is_relative_to(folder.resolve()) or not file.is_file():
        raise NotFound("page", path)
    hashed = file.parent.name == "assets"
    lasting = "public, max-age=31536000, immutable" if hashed else "no-cache"
    return FileResponse(file, headers={"Cache-Control": lasting})

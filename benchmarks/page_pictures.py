"""The pictures of docs/embedding.md: each view of a built page, in Chromium.

python benchmarks/page_pictures.py demo-output/web/dist

Views and tools that the page's models do not have are left out.
"""

from __future__ import annotations

import functools
import http.server
import io
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from PIL import Image
from playwright.sync_api import Page, sync_playwright

WIDE, PHONE = {"width": 1180, "height": 800}, {"width": 390, "height": 800}
QUALITY = 88


@click.command()
@click.argument("page_folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default="docs/images")
def main(page_folder: Path, out: Path) -> None:
    """Take the pictures of the page that lies in PAGE_FOLDER."""
    with served(page_folder) as address, sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for size, views in ((WIDE, wide_views), (PHONE, phone_views)):
            page = chromium.new_context(viewport=size).new_page()
            page.set_default_timeout(300_000)
            page.goto(address)
            page.wait_for_selector("html[data-ready]")
            for name in views(page):
                Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(out / f"{name}.jpg", quality=QUALITY)
            page.context.close()
        chromium.close()


def wide_views(page: Page) -> Iterator[str]:
    """Goes through the views; each name is given when the view can be seen."""
    yield "page-choose"
    page.click("#example")
    page.wait_for_function("document.getElementById('needs').textContent")
    if page.is_visible("#paint-tools"):
        paint(page)
        yield "page-paint"
        page.click("#clear")
    yield "page-ready"
    page.click("#repair-button")
    page.wait_for_selector("#repair[data-state=done]")
    yield "page-repaired"
    if page.is_visible("nav a[href='#draw']"):
        page.click("nav a[href='#draw']")
        page.wait_for_selector("#drawn figure")
        yield "page-draw"
    page.click("nav a[href='#speed']")
    page.click("#measure")
    page.wait_for_function("!document.getElementById('measure').disabled")
    yield "page-speed"


def phone_views(page: Page) -> Iterator[str]:
    """The repaired photo alone."""
    page.click("#example")
    page.wait_for_selector("#repair[data-state=ready]")
    page.click("#repair-button")
    page.wait_for_selector("#repair[data-state=done]")
    yield "page-phone"


def paint(page: Page) -> None:
    """Two strokes over the photo."""
    box = page.locator("#paint").bounding_box()
    assert box is not None
    for stroke in (((0.2, 0.15), (0.32, 0.5), (0.28, 0.9)), ((0.6, 0.7), (0.9, 0.62))):
        points = [(box["x"] + across * box["width"], box["y"] + down * box["height"]) for across, down in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=12)
        page.mouse.up()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()

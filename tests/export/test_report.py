from __future__ import annotations

import base64
import dataclasses
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from made.contracts import make_task_contract
from made.reports import make_report_data
from PIL import Image

from litebrush.contract import Precision, Provenance
from litebrush.tasks import Task
from litebrush_export.lint import Finding, Lint
from litebrush_export.pruning import LayerZeros
from litebrush_export.report import ReportData, write_report
from litebrush_export.sparsity import Sparsity
from litebrush_export.targets.operator_table import load_table

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
VOID = {"meta", "img", "br"}
EVIL = "<script>alert(1)</script>"


class Page(HTMLParser):
    """Elements of a page; every element that opens must close, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.extend(data.split())

    @property
    def said(self) -> str:
        return " ".join(self.words)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def pixels(self) -> dict[str, np.ndarray]:
        """Pictures by their alternative text."""
        found = {}
        for image in self.all("img"):
            encoded = base64.b64decode(image["src"].removeprefix("data:image/png;base64,"))
            found[image["alt"]] = np.asarray(Image.open(io.BytesIO(encoded)))
        return found


def written(data: ReportData, folder: Path) -> Page:
    write_report(folder / "report.html", data)
    return Page((folder / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[Task, Page]:
    return {task: written(make_report_data(task), tmp_path_factory.mktemp(task.value)) for task in Task}


@pytest.mark.parametrize("task", Task)
def test_every_task_has_a_page_with_each_precision_and_its_figures(pages, task):
    page, data = pages[task], make_report_data(task)
    assert [tag for tag, _ in page.elements].count("h1") == 1
    for file in data.files:
        assert file.parity.precision.value in page.words
        assert f"{file.parity.error.banding:.2f}" in page.words
        for levels in file.parity.error.channel_shifts:
            assert f"{levels:+.2f}".replace("-", MINUS).replace(f"{MINUS}0.00", "+0.00") in page.words
        if file.parity.to_truth is not None:
            assert file.parity.figure.written(file.parity.to_truth) in page.words
    assert ("to truth" in page.said) == (task is not Task.GENERATE)


@pytest.mark.parametrize("task", Task)
def test_the_page_needs_no_other_file_and_no_script(pages, task):
    page = pages[task]
    assert not re.search(r"https?:|@import", re.sub(r"data:image/png;base64,[\w+/=]*", "", page.text))
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.elements}
    references = [value for _, each in page.elements for name, value in each.items() if name in ("src", "href")]
    assert all(reference.startswith("data:image/png;base64,") for reference in references)
    urls = [url for _, each in page.elements for url in re.findall(r"url\((.*?)\)", each.get("style", ""))]
    assert all(url.startswith("data:image/png;base64,") for url in urls)
    assert len(page.text) < 6_000_000


@pytest.mark.parametrize("task", Task)
def test_pictures_say_what_they_show_and_tables_what_their_cells_are(pages, task):
    page = pages[task]
    alts = [image["alt"] for image in page.all("img")]
    assert all(alts)
    assert len(set(alts)) == len(alts)
    assert all("scope" in cell for cell in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table")) > 0


@pytest.mark.parametrize(
    ("task", "titles"),
    [
        (Task.RESTORE, ["input", "truth", "float32", "int8"]),
        (Task.INPAINT, ["input, missing in pink", "truth", "float32", "int8"]),
        (Task.DETECT, ["input", "truth", "float32", "int8"]),
        (Task.GENERATE, ["float32", "int8"]),
        (Task.AUTOENCODE, ["picture", "float32", "int8"]),
        (Task.RESTORE_SEQUENCE, ["input", "truth", "float32", "int8"]),
    ],
)
def test_each_task_shows_the_pictures_that_it_has(task, titles, tmp_path):
    page = written(make_report_data(task, precisions=(Precision.FLOAT32, Precision.INT8)), tmp_path)
    first = page.pixels().keys()
    shown = [re.sub(r"^.*?\d(: (bag|boot|coat))?: ", "", alt) for alt in first if "amplified" not in alt]
    assert [re.sub(r", [\d.]+ .*", "", alt) for alt in shown[: len(titles)]] == titles


def test_a_picture_is_that_of_its_precision_and_the_map_its_error(tmp_path):
    data = make_report_data(Task.GENERATE, precisions=(Precision.INT8,))
    pixels = written(data, tmp_path).pixels()
    index = int(re.match(r"Sample (\d+) of 6", next(iter(pixels))).group(1)) - 1
    (picture,) = (value for alt, value in pixels.items() if re.fullmatch(rf"Sample {index + 1} of 6: \w+: int8", alt))
    (errors,) = (
        value for alt, value in pixels.items() if alt.startswith(f"Sample {index + 1} ") and "amplified" in alt
    )
    assert np.array_equal(picture, data.files[0].pictures[index])
    difference = np.abs(data.files[0].pictures[index].astype(int) - data.reference[index]).mean(axis=2)
    assert np.array_equal(errors, np.minimum(np.rint(8 * difference), 255))


def test_the_sample_that_suffered_most_comes_first_and_four_are_shown(tmp_path):
    data = make_report_data(Task.RESTORE, precisions=(Precision.FLOAT32, Precision.INT8))
    spoilt = data.files[1].pictures.copy()
    spoilt[4] = 255 - spoilt[4]
    files = (data.files[0], dataclasses.replace(data.files[1], pictures=spoilt))
    page = written(dataclasses.replace(data, files=files), tmp_path)
    titles = re.findall(r"<h3>Sample (\d) of 6", page.text)
    assert len(titles) == 4
    assert titles[0] == "5"


def test_frames_of_a_sequence_follow_one_another(pages):
    assert re.findall(r"<h3>Sequence \d of 2, frame (\d) of 3", pages[Task.RESTORE_SEQUENCE].text) == ["1", "2", "3"]


def test_large_pictures_are_cut_and_small_ones_enlarged_by_whole_pixels(tmp_path):
    for side, shown, stored in ((300, 192, 192), (64, 192, 64), (28, 168, 28)):
        page = written(make_report_data(Task.RESTORE, side=side), tmp_path)
        assert {(image["width"], image["height"]) for image in page.all("img")} == {(str(shown), str(shown))}
        assert {each.shape[:2] for each in page.pixels().values()} == {(stored, stored)}


def test_missing_places_are_marked_in_what_went_in(pages):
    data = make_report_data(Task.INPAINT)
    alt, picture = next(iter(pages[Task.INPAINT].pixels().items()))
    index = int(re.match(r"Sample (\d+)", alt).group(1)) - 1
    missing = data.given_masks[index, :, :, 0] == 255
    assert np.array_equal(picture[~missing], data.given[index][~missing])
    assert (picture[missing][:, 0] > picture[missing][:, 1]).all()


def test_slower_than_float32_is_marked_where_it_is_so(pages):
    assert pages[Task.RESTORE].said.count("slower than float32 here") == 1  # float16 of the made times


def test_what_a_stranger_named_stays_text(tmp_path):
    contract = dataclasses.replace(
        make_task_contract(Task.GENERATE),
        name=f"{EVIL}\"'",
        labels=(EVIL, "<img src=x onerror=alert(1)>", "coat"),
        provenance=Provenance(EVIL, EVIL, EVIL, {EVIL: {EVIL: EVIL}}, {EVIL: EVIL}),
    )
    data = make_report_data(Task.GENERATE, contract)
    finding = Finding(EVIL, EVIL, EVIL, EVIL)
    lints = (Lint("android-gpu", load_table("gpu"), (finding,), (), 3, (2,), 2, None, ()),)
    files = (dataclasses.replace(data.files[0], name=EVIL, lints=lints), *data.files[1:])
    page = written(dataclasses.replace(data, files=files, names=(EVIL,) * 6, rewrites=(EVIL,)), tmp_path)
    assert not page.all("script")
    assert not [image for image in page.all("img") if "onerror" in image or image["src"] == "x"]
    assert EVIL in page.said


def test_findings_zeros_and_rewrites_are_told(tmp_path):
    data = make_report_data(Task.RESTORE)
    found = Finding("WHILE", "loop", "not among the operators", "export one step")
    lints = (Lint("android-gpu", load_table("gpu"), (found, found), (), 9, (4, 3), 7, None, ()),)
    sparsity = Sparsity((LayerZeros("CONV_2D", (8, 3, 3, 3), 108),), 9000, 5000)
    files = tuple(dataclasses.replace(file, lints=lints, sparsity=sparsity) for file in data.files)
    page = written(dataclasses.replace(data, files=files), tmp_path)
    assert (
        "2 WHILE float32, float16, dynamic, int8 android-gpu loop not among the operators export one step" in page.said
    )
    assert "7 of 9 operators delegated, 2 partitions" in page.said
    assert f"1 CONV_2D {TIMES.join('8333')} 108 216 50.0 %" in page.said
    assert "one addition became part of a convolution" in page.said
    assert "On the device" not in written(data, tmp_path).said


def test_the_page_says_what_the_smallest_file_saves_and_costs(pages):
    said = pages[Task.RESTORE].said
    assert "int8 is 3.3 times smaller than float32 and" in said
    assert re.search(r"dB of PSNR farther from the truth\. Its colours shifted most in (red|green|blue): 7", said)
    assert "and as near to the truth. Its masks shifted by 9" in pages[Task.DETECT].said


@pytest.mark.parametrize("task", [Task.RESTORE, Task.DETECT])
def test_float32_alone_is_a_page_without_errors(task, tmp_path):
    page = written(make_report_data(task, precisions=(Precision.FLOAT32,)), tmp_path)
    assert "∞" in page.words
    assert not [alt for alt in page.pixels() if "amplified" in alt]


@pytest.mark.parametrize(
    "change",
    [
        {"files": ()},
        {"truth": np.zeros((6, 64, 64, 1), np.uint8)},
        {"given": np.zeros((5, 64, 64, 3), np.uint8)},
        {"names": ("one",)},
        {"frames": 4},
    ],
)
def test_data_that_do_not_belong_together_are_refused(change):
    with pytest.raises(ValueError, match=r"report needs|of shape|there are|sequences"):
        dataclasses.replace(make_report_data(Task.RESTORE), **change)


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")

    def half(self: Path, text: str, **_) -> int:
        self.write_bytes(text[: len(text) // 2].encode())
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(OSError, match="disk full"):
        write_report(path, make_report_data(Task.RESTORE))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]

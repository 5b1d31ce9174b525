"""A project of an app: templates rendered, and the models beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import jinja2

from litebrush import __version__
from litebrush.errors import ModelFileError
from litebrush.tasks import Task
from litebrush.tensors import Role
from litebrush_export.appkit.embedded_model import EmbeddedModel
from litebrush_export.appkit.literals import FILTERS
from litebrush_export.appkit.platforms import Platform
from litebrush_export.appkit.vectors import make_vectors

_TEMPLATES = Path(__file__).with_name("templates")
_RENDERED = ".jinja"


def write_project(platform: Platform, models: Sequence[EmbeddedModel], out: Path) -> None:
    """Write a project.

    What of a platform's folder of templates ends in ``.jinja`` is rendered, the rest is copied.

    Args:
        platform: which.
        models: at least one.
        out: a folder that is empty or does not exist.

    Raises:
        ModelFileError: two models of one name and precision; a folder that is in use.
        OSError: it cannot be written to.
    """
    _require_different(models)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ModelFileError(f"'{out}' is in use; give a folder that is empty or does not exist yet")
    templates = _TEMPLATES / platform.name
    environment = _environment(templates)
    for source in sorted(path for path in templates.rglob("*") if path.is_file()):
        name = source.relative_to(templates)
        if name.suffix == _RENDERED:
            text = environment.get_template(name.as_posix()).render(
                models=models, platform=platform, vectors=make_vectors(), version=__version__, Role=Role, Task=Task
            )
            _write(out / name.with_suffix(""), text.encode())
        else:
            _write(out / name, source.read_bytes())
    for model in models:
        _write(out / platform.models_folder / model.file_name, model.content)
        for name, values in model.golden.items():
            _write(out / platform.golden_folder / name, values)


def _environment(templates: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(["html.jinja"]),
    )
    environment.filters.update(FILTERS)
    environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment


def _require_different(models: Sequence[EmbeddedModel]) -> None:
    keys = [model.key for model in models]
    for model in models:
        if keys.count(model.key) > 1:
            raise ModelFileError(
                f"two of the models are '{model.contract.name}' in {model.contract.precision}; give each once"
            )


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)

"""``litebrush inspect``."""

from __future__ import annotations

import click

from litebrush.commands.options import precision_option
from litebrush.contract import ModelContract, Tiling, Verdict
from litebrush.errors import one_line
from litebrush.loading import open_model
from litebrush.modelfile import ModelFile
from litebrush.tensors import Signature, TensorSpec


@click.command(name="inspect")
@click.argument("source", metavar="MODEL")
@precision_option
@click.option("--json", "as_json", is_flag=True, help="Print the contract as it stands in the file.")
def command(source: str, precision: str | None, as_json: bool) -> None:
    """Show what a MODEL promises: a name of a shipped model, a .tflite or .onnx file.

    \b
    Examples:
      litebrush inspect denoise
      litebrush inspect my-model-int8.tflite --json
    """
    model = open_model(source, precision)
    click.echo(model.contract.to_json() if as_json else described(model), nl=not as_json)


def described(model: ModelFile) -> str:
    """What a model promises, for a person: a line each."""
    contract = model.contract
    rows = [
        ("model", contract.name),
        ("task", contract.task.value),
        ("precision", contract.precision.value if contract.precision else "not stated"),
        ("network", f"{len(model.flatbuffer) / 1000:.0f} KB, SHA-256 {model.sha256[:16]}..."),
        *(row for signature in contract.signatures for row in _signature_rows(signature)),
        *(("state", f"{pair.output} becomes {pair.input}") for pair in contract.states),
        *([("labels", ", ".join(contract.labels))] if contract.labels else []),
        *([("tiling", _tiling(contract.tiling))] if contract.tiling else []),
        ("golden", _golden(contract)),
        *(("measured", f"{item.what}: {item.value:g} {item.unit}") for item in contract.quality),
        *(("target", _verdict(verdict)) for verdict in contract.verdicts),
        ("trained on", contract.provenance.training_data or "not stated"),
        ("licence", contract.provenance.licence or "not stated"),
        ("made with", ", ".join(f"{name} {number}" for name, number in contract.provenance.versions.items())),
    ]
    return "\n".join(f"{label:<11}{one_line(text)}" for label, text in rows)


def _verdict(verdict: Verdict) -> str:
    android = "" if verdict.lowest_api_level is None else f"; Android API level {verdict.lowest_api_level} and above"
    return f"{verdict.target}: {verdict.text}{android} ({verdict.table})"


def _signature_rows(signature: Signature) -> list[tuple[str, str]]:
    return [
        ("signature", signature.name),
        *(("input", _tensor(spec)) for spec in signature.inputs),
        *(("output", _tensor(spec)) for spec in signature.outputs),
    ]


def _tiling(tiling: Tiling) -> str:
    return f"halo {tiling.halo} px, multiples of {tiling.alignment} px"


def _tensor(spec: TensorSpec) -> str:
    shape = "x".join(str(side) for side in spec.shape)
    stored = "real values"
    if spec.role.has_bytes:
        stored = f"stored 0 to {spec.highest:g}, where 0 to 255 is {spec.minimum:g} to {spec.maximum:g}"
    return f"{spec.name} ({spec.role.value}) {shape}, {stored}"


def _golden(contract: ModelContract) -> str:
    if contract.golden is None:
        return "none"
    if contract.golden.output_sha256:
        digests = ", ".join(f"{name} {digest[:16]}..." for name, digest in contract.golden.output_sha256.items())
        return f"equal bits, SHA-256 of {digests}"
    return f"within {contract.golden.tolerance:g} of a range of 1"

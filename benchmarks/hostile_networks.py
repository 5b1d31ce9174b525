"""How often a damaged network, whose digest was made to match, kills LiteRT: the figures of docs/security.md.

PYTHONPATH=tests python benchmarks/hostile_networks.py 2000
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path

from made.isolation import judged

RESULT = Path(__file__).parent / "results" / "hostile_networks.json"


def main() -> None:
    """Damage the shipped denoiser so many times, and write down what became of it."""
    count = int(sys.argv[1])
    ends = Counter(judged("made.hostile_models", range(count), "network", megabytes=2000).values())
    document = {"ai-edge-litert": version("ai-edge-litert"), "networks": count, "ends": dict(ends.most_common())}
    RESULT.write_text(json.dumps(document, indent=2) + "\n")
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()

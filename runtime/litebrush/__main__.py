"""``python -m litebrush``."""

from litebrush.cli import main

main()

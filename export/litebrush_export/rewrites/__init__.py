"""The same network in operators that delegates take, that int8 gets right, or of which there are fewer."""

from litebrush_export.rewrites.rewrite import REWRITES, Applied, Rewrite, rewrite

__all__ = ["REWRITES", "Applied", "Rewrite", "rewrite"]

"""Compression while training: smaller, sparser or 8-bit networks, with tensorflow-model-optimization.

:mod:`~litebrush_train.compression.stages` says which method takes which stages; each stage is a module beside it.
"""

"""The commands of the runtime, one in each module; :mod:`litebrush.cli` joins them."""

"""The model families: each joins data, networks and what is handed over."""

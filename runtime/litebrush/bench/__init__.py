"""How fast models run: measured here or on another device, shown, kept, compared."""

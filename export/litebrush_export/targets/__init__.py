"""What a model is exported for, and what its delegates take."""

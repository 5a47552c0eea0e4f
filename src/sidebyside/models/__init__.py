"""The model catalogue: what can be installed, where it comes from, and whether its bytes are the right ones."""

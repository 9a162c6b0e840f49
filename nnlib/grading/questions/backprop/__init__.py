"""Chapter 3, the backward pass."""

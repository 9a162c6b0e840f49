"""Chapter 1, the forward pass."""

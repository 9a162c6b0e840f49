"""Chapter 8, batch normalization."""

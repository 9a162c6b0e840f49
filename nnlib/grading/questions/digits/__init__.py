"""Chapter 10, everything on real digits."""

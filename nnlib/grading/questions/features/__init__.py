"""Chapter 7, better features."""

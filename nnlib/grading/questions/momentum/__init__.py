"""Chapter 6, momentum."""

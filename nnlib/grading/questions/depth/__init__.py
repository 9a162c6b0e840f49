"""Chapter 9, depth: residual and dense connections."""

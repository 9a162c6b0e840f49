"""Chapter 5, the step size."""

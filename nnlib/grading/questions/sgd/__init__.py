"""Chapter 4, stochastic gradient descent."""

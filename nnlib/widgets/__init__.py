"""Figures that follow sliders, in three layers.

experiments   seeded runs: numbers out, no picture; tested as numbers
plots         numbers to the artists of a matplotlib figure
live          the one reusable piece: sliders, a picture that follows them at once, a caption
svg, images   how it is sent; quick_line, quick_text draw what moves in it
training, first_slider   the figures of the lectures, a few lines each

The core knows nothing of this folder.
"""

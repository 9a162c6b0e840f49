"""Grading that a submission cannot fool: its code runs in a sandbox, the verdict is made outside.

wire            plain data as text, and back
sandbox         what the student's code can see and use up
provisioner     starts a Jupyter kernel in the sandbox
answers         the student's cells, and calls of the answers, in such a kernel
notebook        what is taken from a submitted notebook, and what is given back
assess          one submission: bytes in, scores and graded notebook out
preprocessors   the same as plug-ins of nbgrader
inside/         what stands in for `nnlib` in the sandbox
"""

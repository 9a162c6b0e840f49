"""Grading that a submission cannot fool: its code runs in a sandbox, the verdict is made outside.

wire            plain data as text, and back
bubblewrap      what the student's code can see and use up
cgroup          limits of the whole sandbox
warm            the process of which kernels are forks, and how they move into their sandbox
provisioner     starts a Jupyter kernel there
kernel          runs cells and calls functions in one, and believes nothing that it sends
sandbox         does it hold? the self-test
answers         the student's cells and functions, whatever becomes of the kernel
notebook        what is taken from a submitted notebook, and what is given back
assess          one submission: bytes in, scores and graded notebook out
preprocessors   the same as plug-ins of nbgrader
inside/         what stands in for `nnlib` in the sandbox
"""

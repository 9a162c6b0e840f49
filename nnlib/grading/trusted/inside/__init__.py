"""What stands in for `nnlib` in the sandbox; none of it is trusted, since it runs beside the student's code.

answering   calls the answers and sends back what they returned
course      `nnlib.grading` as notebooks know it
hidden      says kindly why a package is not there
"""

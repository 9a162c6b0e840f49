"""The figure of the lecture on the chain rule: forward and back through a network of numbers, node by node.

experiment   the values, the derivatives by the chain rule, and the same derivatives measured
steps        the order of the nodes, and for each its formula in symbols and with the numbers plugged in
plots        the graph of the computation, filled in as far as the walk has come
captions     what stands under the picture
figure       what the reader types in, the buttons
"""

from nnlib.widgets.chain_rule.figure import chain_rule_figure

__all__ = ["chain_rule_figure"]

"""The script that records PyTorch's numbers is read for doctests only where PyTorch is installed."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("torch") else ["record_torch.py"]

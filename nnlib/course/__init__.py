"""The command line of the course: one module per verb, loaded when it is called (see cli.py)."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The course's folder, where lectures/, exercises/ and solutions/ stand."""

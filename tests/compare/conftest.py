"""Lets the tests of this folder import its objects and its small API client."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

#!/usr/bin/env python3
"""Writes the golden files beside it from PyTorch (README.md says what is in them).

Needs torch and numpy; run by hand when a case is added, and commit what it wrote:

  tests/golden/make_golden.py            all files
  tests/golden/make_golden.py ops        one of them
"""
import importlib
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
FILES = ("ops", "training", "data", "metrics", "segnet", "enlarge", "pointwise", "joins", "strided", "losses",
         "models")


def main(wanted):
    unknown = [name for name in wanted if name not in FILES]
    if unknown:
        sys.exit(f"no such golden: {', '.join(unknown)}; there are {', '.join(FILES)}")
    for name in wanted or FILES:
        path = os.path.join(HERE, name + ".safetensors")
        importlib.import_module("golden_" + name).write(path)
        print(f"{path}: {os.path.getsize(path):,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])

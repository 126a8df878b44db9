"""safetensors files with numpy alone: what the generators here write and the comparisons read."""
import json
import struct

import numpy as np

TYPES = {"F32": np.float32, "I64": np.int64, "I32": np.int32, "U8": np.uint8}
NAMES = {np.dtype(t): name for name, t in TYPES.items()}


def write(path, tensors, notes=None):
    """tensors: name -> array of one of TYPES; notes: name -> text, for the file's metadata"""
    order = sorted(tensors, key=lambda name: (-tensors[name].dtype.itemsize, name))
    header, at = {"__metadata__": dict(sorted((notes or {}).items()))}, 0
    for name in order:
        t = tensors[name]
        header[name] = {"dtype": NAMES[t.dtype], "shape": list(t.shape), "data_offsets": [at, at + t.nbytes]}
        at += t.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for name in order:
            f.write(np.ascontiguousarray(tensors[name]).tobytes())


def read(path):
    """name -> array"""
    with open(path, "rb") as f:
        (length,) = struct.unpack("<Q", f.read(8))
        header, data = json.loads(f.read(length)), f.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, t in header.items():
        begin, end = t["data_offsets"]
        tensors[name] = np.frombuffer(data[begin:end], TYPES[t["dtype"]]).reshape(t["shape"]).copy()
    return tensors


class Cases:
    """A golden file in the making: cases "<what>.<case>" with tensors and attributes."""

    def __init__(self):
        self.tensors, self.notes = {}, {}

    def add(self, case, attributes=None, **tensors):
        """Integers stay (int32, or uint8 as given), every other number becomes float32. None is left out.
        In a tensor's name "__" stands for "." (y__size)."""
        for key, value in (attributes or {}).items():
            self.notes[f"{case}/{key}"] = repr(float(value)) if not isinstance(value, (int, bool)) else str(int(value))
        for key, value in tensors.items():
            if value is None:
                continue
            t = np.asarray(value.detach() if hasattr(value, "detach") else value)
            if t.dtype != np.uint8:
                t = t.astype(np.int32 if t.dtype.kind in "iub" else np.float32)
            name = f"{case}/{key.replace('__', '.')}"
            assert name not in self.tensors, name
            self.tensors[name] = t

    def write(self, path):
        write(path, self.tensors, self.notes)

#!/usr/bin/env python3
"""Checks what `segwork export` writes with other programs than segwork: NumPy reads the npz, ONNX' checker and
reference evaluator (and onnxruntime where it is installed) read the ONNX files, whose logits must be those of
`segwork predict`, for one image and for a batch.

    pip install numpy onnx onnxruntime
    python tests/golden/check_export.py build/segwork runs/segnet_small/001

Run by hand; nothing of it is needed to build or to test segwork.
"""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

IMAGES = 3
# Both sides add up the same products in different orders, layer after layer; folding rounds the weights once
# more. In units of the largest logit:
BOUND = {"plain": 2e-5, "folded": 1e-4}


def write_png(path, pixels):
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + pixels[y].tobytes() for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    types = {"F32": "<f4", "I64": "<i8"}
    arrays = {}
    for name, entry in header.items():
        begin, end = (8 + length + at for at in entry["data_offsets"])
        arrays[name] = np.frombuffer(data[begin:end], types[entry["dtype"]]).reshape(entry["shape"])
    return arrays


def evaluators(path):
    yield "reference", lambda images: ReferenceEvaluator(str(path)).run(["logits"], {"images": images})[0]
    try:
        import onnxruntime
    except ImportError:
        return
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    yield "onnxruntime", lambda images: session.run(["logits"], {"images": images})[0]


def check(what, found, expected, bound):
    error = np.abs(found - expected).max() / np.abs(expected).max()
    print(f"{what}: {error:.1e} of the largest logit, bound {bound:.0e}")
    return error <= bound


def main(segwork, run):
    def call(*arguments):
        subprocess.run([segwork, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    good = True
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for name in ("plain.safetensors", "plain.npz", "plain.onnx"):
            call("export", run, "--out", folder / name)
        call("export", run, "--out", folder / "folded.onnx", "--fold")

        weights = read_safetensors(folder / "plain.safetensors")
        with np.load(folder / "plain.npz") as arrays:
            same = sorted(arrays.files) == sorted(weights) and all(
                arrays[name].dtype == weights[name].dtype and np.array_equal(arrays[name], weights[name]) for name in weights
            )
        print(f"npz and safetensors hold the same {len(weights)} arrays: {same}")
        good &= same

        size = onnx.load(folder / "plain.onnx").graph.input[0].type.tensor_type.shape.dim[2].dim_value
        pixels = np.random.default_rng(1).integers(0, 256, (IMAGES, size, size, 3), np.uint8)
        pixels[0, : size // 2] = 255  # large equal areas make ties in the pools
        (folder / "images").mkdir()
        for i in range(IMAGES):
            write_png(folder / "images" / f"{i}.png", pixels[i])
        call("predict", "--checkpoint", run, folder / "images", "--out", folder / "out", "--logits")
        expected = np.stack([np.load(folder / "out" / f"{i}.npy") for i in range(IMAGES)])
        images = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)).astype(np.float32) / np.float32(255)

        for kind, bound in BOUND.items():
            path = folder / f"{kind}.onnx"
            onnx.checker.check_model(str(path), full_check=True)
            print(kind, dict(sorted((op, sum(n.op_type == op for n in onnx.load(path).graph.node))
                                    for op in {n.op_type for n in onnx.load(path).graph.node})))
            for name, evaluate in evaluators(path):
                good &= check(f"{kind}, {name}, batch of {IMAGES}", evaluate(images), expected, bound)
                good &= check(f"{kind}, {name}, one image", evaluate(images[1:2]), expected[1:2], bound)
    return 0 if good else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))

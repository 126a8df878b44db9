#!/usr/bin/env python3
"""Checks what segwork exchanges with other programs, each with those that are installed:

  NumPy          the .npz holds the arrays of the .safetensors
  PyTorch        the reference model loads the .safetensors with no renaming, and its logits are those of
                 `segwork predict`; and back: segwork predicts with a state dict that PyTorch saved
  onnx           its checker accepts the ONNX files, and its reference evaluator's logits are the same
  onnxruntime    its logits are the same

  tests/golden/check_export.py build/segwork                            small runs of its own, on synthetic pets
  tests/golden/check_export.py build/segwork runs/segnet_small/001      a run there is

A model that is the baseline at any width is compared with PyTorch, another one not.
"""
import importlib.util
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

sys.dont_write_bytecode = True
try:
    import golden_file
    import numpy as np
except ImportError as e:
    print(f"skipped: {e}")
    sys.exit(77)

SOURCE = pathlib.Path(__file__).resolve().parents[2]

IMAGES = 3
# Each side adds up the same products in another order, layer after layer. Where rounding decides which of two
# nearly equal values a pool takes, everything that sees that window differs more: so the bound, in units of the
# largest logit, holds for most logits, and the rest is printed.
BOUND, MOST = 5e-5, 0.9


# What its own runs are of: the narrow baseline, at a square that every stage halves and at a rectangle of which each
# pool drops a row or a column, a network that doubles by nearest neighbours to such sizes, and one of
# all ops that there are.
NEAREST = [
    "model.encoder=[{convs: 1, width: 16}, {convs: 1, width: 16, pool: average}]",
    "model.decoder=[{unpool_from: 2, convs: 1, width: 16, up: nearest}, {unpool_from: 1, convs: 2, width: 0, up: nearest}]",
]
EVERY_OP = ["data.size=[45, 59]", "tests/golden/every_op.yaml"]
OWN = [["data.size=64"], ["data.size=[45, 60]"], ["data.size=[31, 46]", *NEAREST], EVERY_OP]


def installed(module):
    return importlib.util.find_spec(module) is not None


def write_png(path, pixels):
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + pixels[y].tobytes() for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = chunk(b"IDAT", zlib.compress(rows))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + packed + chunk(b"IEND", b""))


class Check:
    def __init__(self, segwork, run, folder, own=None):
        self.segwork, self.folder, self.good = os.path.abspath(segwork), folder, True
        self.run = run or self.train(own)

    def train(self, own):
        """an epoch, summed as PyTorch sums; own: what is set, and fragments (*.yaml, from the repository's root)"""
        pets, run = self.folder / "pets", self.folder / "run"
        self.call("data", "synth", pets, "--train", 4, "--val", 1, "--size", 64)
        self.call("run", *self.experiment([f"data.root={pets}", "train.epochs=1", "train.batch_size=4", *own]), "--out", run)
        return run

    def experiment(self, own):
        """the small baseline's with these fragments and values, as arguments"""
        path, fragments = self.folder / "experiment.yaml", [text for text in own if text.endswith(".yaml")]
        lines = [f"  - {SOURCE / fragment}\n" for fragment in ("experiments/segnet_small.yaml", *fragments)]
        path.write_text("include:\n" + "".join(lines))
        return [path, *(f"--set={text}" for text in ("runtime.conv_engine=gemm", *own) if text not in fragments)]

    def call(self, *arguments):
        words = [self.segwork, *map(str, arguments)]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(words)}: exit code {done.returncode}\n{done.stdout}")
        return done.stdout

    def export(self, name, *options):
        self.call("export", self.run, "--out", self.folder / name, *options)
        return self.folder / name

    def make_images(self, size):
        """noise: in large areas of one colour all values of a pool's window are nearly equal"""
        pixels = np.random.default_rng(1).integers(0, 256, (IMAGES, *size, 3), np.uint8)
        (self.folder / "images").mkdir()
        for i in range(IMAGES):
            write_png(self.folder / "images" / f"{i}.png", pixels[i])
        self.images = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)).astype(np.float32) / np.float32(255)

    def predict(self, checkpoint):
        """segwork's logits of the images"""
        out = self.folder / "out"
        config = os.path.join(self.run, "config.yaml")
        self.call("predict", "--checkpoint", checkpoint, "--config", config, self.folder / "images", "--out", out, "--logits")
        return np.stack([np.load(out / f"{i}.npy") for i in range(IMAGES)])

    def expect(self, what, good):
        print(f"{what}: {'yes' if good else 'NO'}")
        self.good &= bool(good)

    def expect_logits(self, what, found, expected):
        error = np.abs(found - expected) / (np.abs(expected).max() or 1)
        share = (error <= BOUND).mean()
        self.expect(f"{what}: {share:.1%} of the logits within {BOUND:.0e}, largest difference {error.max():.0e}", share >= MOST)


def check_npz(c, weights):
    with np.load(c.export("weights.npz")) as arrays:
        same = sorted(arrays.files) == sorted(weights) and all(
            arrays[name].dtype == w.dtype and np.array_equal(arrays[name], w) for name, w in weights.items()
        )
    c.expect(f"the npz holds the same {len(weights)} arrays", same)


def check_torch(c, weights, expected):
    import torch
    from torch_segnet import SegNet

    def logits(model):
        with torch.no_grad():
            return model.eval()(torch.from_numpy(c.images)).numpy()

    model = SegNet(width=weights["dc1.seq.0.weight"].shape[0])
    model.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
    c.expect_logits("PyTorch with segwork's weights", logits(model), expected)

    torch.manual_seed(1)
    model = SegNet(width=weights["dc1.seq.0.weight"].shape[0])
    model.train()(torch.from_numpy(c.images))  # moves the running statistics
    path = c.folder / "torch.safetensors"
    golden_file.write(path, {name: t.numpy() for name, t in model.state_dict().items()}, {"format": "pt"})
    c.expect_logits("segwork with PyTorch's weights", c.predict(path), logits(model))


def check_onnx(c, expected):
    for kind, options in {"plain": [], "folded": ["--fold"]}.items():
        path = c.export(f"{kind}.onnx", *options)
        if installed("onnx"):
            import onnx
            from onnx.reference import ReferenceEvaluator

            onnx.checker.check_model(str(path), full_check=True)
            run = ReferenceEvaluator(str(path)).run
            unpools = any(node.op_type == "MaxUnpool" for node in onnx.load(str(path)).graph.node)
        if installed("onnx") and not (unpools and any(side % 16 for side in expected.shape[2:])):
            # onnx 1.23's evaluator takes no size that MaxUnpool does not double exactly; onnxruntime does
            c.expect_logits(f"onnx, {kind}", run(["logits"], {"images": c.images})[0], expected)
        if installed("onnxruntime"):
            import onnxruntime

            run = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run
            c.expect_logits(f"onnxruntime, {kind}, a batch", run(["logits"], {"images": c.images})[0], expected)
            c.expect_logits(f"onnxruntime, {kind}, one image", run(["logits"], {"images": c.images[:1]})[0], expected[:1])


def run_size(run):
    """height and width"""
    with open(os.path.join(run, "config.yaml")) as config:
        lines = config.read().splitlines()
    data = lines[lines.index("data:") + 1 :]
    text = next(line for line in data if line.strip().startswith("size:")).split(":")[1]
    sides = [int(side) for side in text.strip(" []").split(",")]
    return sides if len(sides) == 2 else 2 * sides


def check(segwork, run, own=None):
    with tempfile.TemporaryDirectory() as scratch:
        c = Check(segwork, run, pathlib.Path(scratch), own)
        path = c.export("weights.safetensors")
        weights = golden_file.read(path)
        c.make_images(run_size(c.run))
        expected = c.predict(path)
        c.expect(f"logits of {run_size(c.run)} pixels", list(expected.shape[2:]) == run_size(c.run))
        check_npz(c, weights)
        if installed("torch") and "dc4.seq.0.weight" in weights:
            check_torch(c, weights, expected)
        check_onnx(c, expected)
    return c.good


def main(segwork, run=None):
    good = [check(segwork, run)] if run else [check(segwork, None, own) for own in OWN]
    missing = [name for name in ("torch", "onnx", "onnxruntime") if not installed(name)]
    if missing:
        print(f"not installed, not checked: {', '.join(missing)}")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) in (2, 3) else __doc__)

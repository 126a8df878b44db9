#!/usr/bin/env python3
"""Counts the labels of `segwork predict` that are not those of PyTorch in double precision, with the engines of
runtime.inference exact and fast, and those of PyTorch in single precision. Needs torch, PyYAML and Pillow.

  tests/golden/check_labels.py build/segwork                      random weights, on synthetic pets
  tests/golden/check_labels.py build/segwork RUN FOLDER [COUNT]   a run there is, on the pictures of a folder

Fails where exact differs at more labels than fast, or at more than PyTorch and than 5 of 737,280 (45 pictures of
128x128).
"""
import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "python"))
try:
    import numpy as np
    import torch
    from PIL import Image

    import check_export as ce
    import check_runtimes
    import segwork_torch as st
except ImportError as e:
    print(f"skipped: {e}")
    sys.exit(77)

ALLOWED = 5 / 737280
OWN = ["data.size=64", "runtime.conv_engine=auto", "runtime.tune=false"]


class Labels(ce.Check):
    def train(self, own):
        run = super().train(own)
        check_runtimes.randomize(os.path.join(run, "checkpoints", "best.safetensors"))
        self.call("data", "synth", self.folder / "more", "--train", 90, "--val", 90, "--size", 64)
        return run

    def of_segwork(self, pictures, inference):
        """(pictures, height, width) of predict"""
        out, config = self.folder / inference, self.folder / f"{inference}.yaml"
        run = os.path.join(self.run, "config.yaml")
        config.write_text(f"include: [{os.path.abspath(run)}]\nruntime: {{inference: {inference}, tune: false}}\n")
        weights = os.path.join(self.run, "checkpoints", "best.safetensors")
        self.call("predict", "--checkpoint", weights, "--config", config, pictures, "--out", out, "--logits")
        return np.stack([np.load(p).argmax(0) for p in sorted(out.glob("*.npy"))])


def of_torch(net, images):
    with torch.no_grad():
        return torch.cat([net(x).argmax(1) for x in images.split(8)]).numpy()


def main():
    segwork, *rest = sys.argv[1:]
    with tempfile.TemporaryDirectory() as scratch:
        c = Labels(segwork, rest[0] if rest else None, pathlib.Path(scratch), OWN)
        config, net = st.read_config(c.run), st.load(str(c.run))
        folder = pathlib.Path(rest[1]) if rest else c.folder / "more" / "images"
        pictures = c.folder / "pictures"
        pictures.mkdir()
        found = sorted(p for p in folder.iterdir() if p.suffix in (".jpg", ".png"))[: int(rest[2]) if rest[2:] else None]
        for path in found:  # as PNG, which every decoder reads alike
            Image.open(path).convert("RGB").save(pictures / f"{path.stem}.png")
        images = torch.cat([st.preprocess(Image.open(p), config) for p in sorted(pictures.iterdir())])
        truth = of_torch(net.double(), images.double())
        net.float()
        labels = {
            "PyTorch, single precision": of_torch(net, images),
            "PyTorch, channels last": of_torch(net, images.contiguous(memory_format=torch.channels_last)),
            "segwork, runtime.inference: fast": c.of_segwork(pictures, "fast"),
            "segwork, runtime.inference: exact": c.of_segwork(pictures, "exact"),
        }
        wrong = {name: (found != truth).reshape(len(truth), -1).sum(1) for name, found in labels.items()}
        print(f"{truth.size} labels of {len(truth)} pictures, beside those of double precision:")
        for name, counts in wrong.items():
            print(f"  {name:34} {counts.sum():6} differ, at most {counts.max()} of a picture")
        *singles, fast, exact = (counts.sum() for counts in wrong.values())
        sys.exit(int(exact > fast or exact > max(ALLOWED * truth.size, *singles)))


main()

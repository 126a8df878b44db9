#!/usr/bin/env python3
"""Trains the same network from the same weights on the same images in the same order in segwork and in PyTorch and
compares the loss of every step. Needs torch and the built program.

  trace.py --program build/segwork --root DIR               ten Adam steps of the full model, batch 8
  trace.py --program build/segwork --width 8 --steps 100    a narrow model for longer

What is allowed: 1e-4 of the loss in the first five steps and 1e-3 after that, or, where PyTorch's own runs (images
reversed, without mkldnn, weights whose last bits differ) have come further apart by then, three times their distance.

Why they drift apart: Adam moves a weight whose gradient is nearly 0 by a whole rate one way or the other, as rounding
decides, and so do max-pools and ReLUs choose between nearly equal numbers. One weight in a thousand is enough for 1e-4
of the loss in the second step, and from there the distance grows tenfold a step until it is about 1e-2."""
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
try:
    import numpy as np
    import runs
    import torch
    import torch_segnet as ts
except ImportError as e:
    print(f"skipped: {e}")
    sys.exit(77)

RUNS = (ts.Variant("single"), ts.Variant("images reversed", reverse=True),
        ts.Variant("without mkldnn", mkldnn=False))


def bounds(first, others):
    apart = np.maximum.accumulate(np.abs(np.stack(others) - first).max(0))
    given = np.where(np.arange(len(first)) < 5, 1e-4, 1e-3) * first
    return np.maximum(given, 3 * apart)


def main():
    a = runs.arguments(__doc__, width=64, size=128, batch=8, steps=10, images=80, seed=0, lr=1e-3)
    a.images = min(a.images, a.batch * a.steps)
    if a.images % a.batch:
        sys.exit("--images must be a multiple of --batch")
    with tempfile.TemporaryDirectory() as folder:
        root = runs.data_root(a, folder, a.images)
        state = runs.fresh_weights(a.width, a.seed)
        weights = os.path.join(folder, "weights.safetensors")
        runs.save_weights(weights, state)
        epochs = -(-a.steps * a.batch // a.images)
        _, found = runs.train(a, folder, "trace", weights, root, a.images, epochs, f"kind: adam, lr: {a.lr}")
        images, labels = runs.load_images(root, "trainval", a.images, a.size)
    batches = [(images[i:i + a.batch], labels[i:i + a.batch]) for i in range(0, a.images, a.batch)]
    found = found[:a.steps]
    starts = [(v, state) for v in RUNS]
    starts += [(RUNS[0], ts.nudged(state, i)) for i in range(8 if a.width <= 16 else 0)]
    want, *others = [ts.trace(v, a.width, s, batches, a.steps, lambda p: torch.optim.Adam(p, a.lr)) for v, s in starts]
    allowed = bounds(want, others)
    own = np.abs(np.stack(others) - want).max(0)
    print("step   segwork      PyTorch      apart/loss   PyTorch's runs   allowed")
    for k in range(a.steps):
        print(f"{k + 1:4d}   {found[k]:.8f}   {want[k]:.8f}   {abs(found[k] - want[k]) / want[k]:.2e}     "
              f"{own[k] / want[k]:.2e}         {allowed[k] / want[k]:.2e}")
    late = np.flatnonzero(~(np.abs(found - want) <= allowed))
    if len(late):
        sys.exit(f"FAILED: step {late[0] + 1} is further from PyTorch than is allowed")
    print("passed")


if __name__ == "__main__":
    main()

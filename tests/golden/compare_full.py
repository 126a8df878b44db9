#!/usr/bin/env python3
"""One training step and an evaluation of the whole model in segwork and in PyTorch: the loss, every parameter's
gradient, every running statistic, and the logits of the weights it leaves. Needs torch and the built program.

  compare_full.py --program build/segwork --root DIR     the full model (15,274,892 parameters)
  compare_full.py --program build/segwork --width 8      a narrow one

segwork takes one step of plain SGD at a rate of RATE, so that the gradient is the difference of the two weights
files divided by it: exact but for one rounding of the weight, 2^-24 |w| / RATE. The weights file is loaded by PyTorch
as it is.

Distances are relative: |found - exact| / |exact| over a tensor, exact being PyTorch in double precision. A tensor may
be 6 times as far as the furthest of PyTorch's own single-precision runs; 1e-6 is always allowed (a dozen roundings).
Those runs have other orders of sums, or weights whose last two bits differ: where a max-pool or a ReLU decides
between nearly equal numbers, some of them decide the other way too, and show by how much that moves the gradients."""
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
try:
    import golden_file
    import numpy as np
    import runs
    import torch
    import torch_segnet as ts
except ImportError as e:
    print(f"skipped: {e}")
    sys.exit(77)

RATE = 8.0
SINGLES = (ts.Variant("single"), ts.Variant("images reversed", reverse=True),
           ts.Variant("without mkldnn", mkldnn=False))


def distance(found, exact):
    norm = np.linalg.norm(exact.astype(np.float64).ravel())
    return np.linalg.norm(found.astype(np.float64).ravel() - exact.ravel()) / norm if norm else 0.0


def evaluate(variant, width, state, images):
    net = variant.network(width, state).eval()
    x, _ = variant.batch(images, np.zeros(1))
    with torch.no_grad(), torch.backends.mkldnn.flags(enabled=variant.mkldnn):
        return variant.in_order(net(x)).double().numpy()


def found_in(run, before, losses):
    """What the run's files say: gradients from the step the weights took, running statistics, the loss"""
    after = golden_file.read(os.path.join(run, "checkpoints", "last.safetensors"))
    missing = set(before) ^ set(after)
    if missing:
        sys.exit(f"FAILED: names differ from PyTorch's: {sorted(missing)}")
    found = {"loss": np.array(losses[0])}
    for name, t in after.items():
        if "running" in name:
            found["state." + name] = t
        elif "num_batches" not in name:
            found["grad." + name] = (before[name].double().numpy() - t) / RATE
    if any(after[n] != 1 for n in after if "num_batches" in n):
        sys.exit("FAILED: num_batches_tracked is not 1 after one step")
    return found, {k: torch.from_numpy(v) for k, v in after.items()}


def predicted(a, folder, run, root, names):
    words = [os.path.join(root, "images", n + ".jpg") for n in names]
    runs.segwork(a, folder, "predict", *words, "--checkpoint", os.path.join(run, "checkpoints", "last.safetensors"),
                 "--config", os.path.join(folder, "step.yaml"), "--out", os.path.join(folder, "out"), "--logits")
    return np.stack([np.load(os.path.join(folder, "out", n + ".npy")) for n in names])


def report(rows):
    rows.sort(key=lambda r: -r[1] / r[3])
    print(f"{'tensor':32s} {'segwork':>9s} {'PyTorch':>9s} {'allowed':>9s}")
    for name, found, own, allowed in rows[:12] + [r for r in rows[12:] if r[0] in ("loss", "logits")]:
        print(f"{name:32s} {found:9.2e} {own:9.2e} {allowed:9.2e}")
    print(f"({len(rows)} tensors; the nearest to their bounds first, then the loss and the logits)")
    if rows[0][1] > rows[0][3]:
        sys.exit(f"FAILED: {sum(r[1] > r[3] for r in rows)} tensors are further from PyTorch than is allowed")
    print("passed")


def main():
    a = runs.arguments(__doc__, width=64, size=128, batch=2, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        root = runs.data_root(a, folder, a.batch)
        state = runs.fresh_weights(a.width, a.seed)
        weights = os.path.join(folder, "weights.safetensors")
        runs.save_weights(weights, state)
        run, losses = runs.train(a, folder, "step", weights, root, a.batch, 1,
                                 f"kind: sgd, momentum: 0, lr: {RATE}")
        found, after = found_in(run, state, losses)
        images, labels = runs.load_images(root, "trainval", a.batch, a.size)
        with open(os.path.join(root, "annotations", "trainval.txt")) as f:
            names = [line.split()[0] for line in f if line.strip() and not line.startswith("#")][:a.batch]
        found["logits"] = predicted(a, folder, run, root, names)
    exact = ts.one_step(ts.EXACT, a.width, state, images, labels)
    exact["logits"] = evaluate(ts.EXACT, a.width, after, images)
    own = dict.fromkeys(exact, 0.0)
    starts = [(v, state, after) for v in SINGLES]
    starts += [(SINGLES[0], ts.nudged(state, i), ts.nudged(after, i)) for i in range(16 if a.width <= 16 else 3)]
    for variant, before, then in starts:
        single = ts.one_step(variant, a.width, before, images, labels)
        single["logits"] = evaluate(variant, a.width, then, images)
        for k in exact:
            own[k] = max(own[k], distance(single[k], exact[k]))
    rows = []
    for k in found:
        slack = 2.0**-24 / RATE / np.abs(exact[k]).max() if k.startswith("grad.") else 0.0
        rows.append((k, distance(found[k], exact[k]), own[k], max(6 * own[k], 1e-6) + slack))
    report(rows)


if __name__ == "__main__":
    main()

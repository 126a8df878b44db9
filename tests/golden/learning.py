#!/usr/bin/env python3
"""Trains the baseline by the article's protocol in segwork and in PyTorch, several seeds each, and compares what they
have learnt: losses and validation figures after every epoch. Needs torch and the built program.

  learning.py --program build/segwork --root DIR --width 16             a narrow model, two epochs, three seeds
  learning.py --program build/segwork --root DIR --seeds 1 --epochs 1   the full model
  learning.py ... --init FILE.safetensors                               from given weights instead of PyTorch's own
  learning.py ... --epochs 20 --compile 1 --val_every 10                in less time: PyTorch compiled, and validated
                                                                        after every tenth epoch and the last

Of one seed both start from the same weights; the order of the images, flips and contrasts are each one's own. What
they differ by in the last epoch's figures may be chance, but then has mean 0 over the seeds: its mean is held against
Student's t of the paired differences, which is exceeded by chance once in a thousand comparisons."""
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
try:
    import csv

    import golden_file
    import numpy as np
    import runs
    import torch
    import torch_segnet as ts
    from torch.nn import functional as F
except ImportError as e:
    print(f"skipped: {e}")
    sys.exit(77)

FIGURES = ("train_loss", "val_loss", "pixel_accuracy", "iou", "custom_iou")
COMPARED = ("train_loss", "val_loss", "pixel_accuracy")
# two-sided quantiles of Student's t at 1 in 1000, by the number of seeds (one more than the degrees of freedom)
QUANTILES = {2: 636.6, 3: 31.60, 4: 12.92, 5: 8.610, 6: 6.869, 7: 5.959, 8: 5.408, 9: 5.041, 10: 4.781}

PROTOCOL = """
augment: {{hflip: 0.5, contrast: 0.3}}
schedule: {{kind: step, step_epochs: 7, gamma: 0.7}}
seed: {seed}
train: {{epochs: {epochs}, batch_size: {batch}, val_batch_size: 21, shuffle: true, article_every: 0}}
"""


def limited(root, split, limit):
    with open(os.path.join(root, "annotations", split + ".txt")) as f:
        count = sum(1 for line in f if line.strip() and not line.startswith("#"))
    return min(limit, count) if limit else count


# ---- segwork -------------------------------------------------------------------------------------------------
def learn_segwork(a, folder, name, weights, root, seed):
    """The rows of metrics.csv as dicts of numbers"""
    experiment = os.path.join(folder, name + ".yaml")
    base = runs.EXPERIMENT.format(root=root, size=a.size, images=a.train_limit, w=[a.width << i for i in range(4)],
                                  weights=weights, optimizer=f"kind: adam, lr: {a.lr}", epochs=1, batch=1,
                                  engine=a.engine)
    lines = [line for line in base.splitlines() if not line.startswith("train:")]
    text = "\n".join(lines).replace("val_limit: 4", f"val_limit: {a.val_limit}")
    with open(experiment, "w") as f:
        f.write(text + PROTOCOL.format(seed=seed, epochs=a.epochs, batch=a.batch))
    run = os.path.join(folder, name)
    runs.segwork(a, folder, "run", experiment, "--out", run)
    with open(os.path.join(run, "metrics.csv")) as f:
        return [{k: float(row[k]) for k in FIGURES} for row in csv.DictReader(f)]


# ---- PyTorch -------------------------------------------------------------------------------------------------
def augmented(images, labels, rng):
    """(N,3,S,S) and (N,S,S): flips, and contrast about the mean of the gray image"""
    x, y = torch.from_numpy(images.copy()), torch.from_numpy(labels.copy()).long()
    for i in range(len(x)):
        if rng.random() < 0.5:
            x[i], y[i] = x[i].flip(-1), y[i].flip(-1)
        gray = 0.2989 * x[i, 0] + 0.587 * x[i, 1] + 0.114 * x[i, 2]
        factor = rng.uniform(0.7, 1.3)
        x[i] = (factor * x[i] + (1 - factor) * gray.mean()).clamp(0, 1)
    return x, y


def micro_iou(counts, dropped=1):
    kept = counts.copy()
    kept[dropped] = 0
    classes = [c for c in range(ts.CLASSES) if c != dropped]
    inter = sum(kept[c, c] for c in classes)
    return inter / sum(kept[c].sum() + kept[:, c].sum() - kept[c, c] for c in classes)


def validate(net, images, labels, batch):
    counts, loss, soft = np.zeros((ts.CLASSES, ts.CLASSES)), 0.0, 0.0
    with torch.no_grad():
        for i in range(0, len(images), batch):
            y = torch.from_numpy(labels[i:i + batch]).long()
            logits = net(torch.from_numpy(images[i:i + batch]))
            loss += F.cross_entropy(logits, y).item() * len(y)
            pairs = y * ts.CLASSES + logits.argmax(1)
            counts += torch.bincount(pairs.flatten(), minlength=ts.CLASSES**2).reshape(counts.shape).numpy()
            p, g = logits.softmax(1), F.one_hot(y, ts.CLASSES).permute(0, 3, 1, 2)
            inter, union = (g * p).sum((1, 2, 3)), (g + p - g * p).sum((1, 2, 3))
            soft += ((inter + 0.001) / (union + 0.001)).sum().item()
    return {"val_loss": loss / len(images), "pixel_accuracy": np.trace(counts) / counts.sum(),
            "iou": micro_iou(counts), "custom_iou": soft / len(images)}


def learn_torch(a, state, train, val, seed):
    net = ts.SegNet(a.width)
    net.load_state_dict(state)
    net = net.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(net.parameters(), a.lr)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 7, 0.7)
    step = torch.compile(net, dynamic=False) if a.compile else net
    rng, rows = np.random.default_rng(seed), []
    for epoch in range(1, a.epochs + 1):
        net.train()
        order, losses = rng.permutation(len(train[0])), []
        for i in range(0, len(order), a.batch):
            x, y = augmented(train[0][order[i:i + a.batch]], train[1][order[i:i + a.batch]], rng)
            optimizer.zero_grad()
            loss = F.cross_entropy(step(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        schedule.step()
        validated = epoch == a.epochs or epoch % a.val_every == 0
        rows.append({"train_loss": float(np.mean(losses)),
                     **(validate(net.eval(), *val, 21) if validated else dict.fromkeys(FIGURES[1:], np.nan))})
    return rows


# ---- side by side ----------------------------------------------------------------------------------------------
def show(who, seed, rows):
    for epoch, row in enumerate(rows, 1):
        print(f"{who:8s} {seed:4d} {epoch:5d}  " + "  ".join(f"{row[k]:14.4f}" for k in FIGURES), flush=True)


def verdict(found, wanted):
    """Prints the means and their differences; False where chance does not explain one"""
    n, good = len(found), True
    print(f"\nlast epoch, mean of {n} seeds        segwork     PyTorch  difference     allowed")
    for k in COMPARED:
        s, p = (np.array([rows[-1][k] for rows in side]) for side in (found, wanted))
        difference, allowed = (s - p).mean(), QUANTILES[n] * (s - p).std(ddof=1) / np.sqrt(n)
        good &= bool(abs(difference) <= allowed)
        print(f"{k:30s} {s.mean():11.4f} {p.mean():11.4f} {difference:11.4f} {allowed:11.4f}")
    return good


def main():
    a = runs.arguments(__doc__, width=64, size=128, batch=64, epochs=2, seeds=3, first_seed=0, lr=1e-3, train_limit=0,
                       val_limit=0, init="", compile=0, val_every=1)
    if not 1 <= a.seeds <= max(QUANTILES):
        sys.exit(f"--seeds must be in 1..{max(QUANTILES)}")
    found, wanted = [], []
    with tempfile.TemporaryDirectory() as folder:
        root = runs.data_root(a, folder, a.train_limit or 400, a.val_limit or 100)
        train = runs.load_images(root, "trainval", limited(root, "trainval", a.train_limit), a.size)
        val = runs.load_images(root, "test", limited(root, "test", a.val_limit), a.size)
        print("who      seed epoch  " + "  ".join(f"{k:>14s}" for k in FIGURES))
        for seed in range(a.first_seed, a.first_seed + a.seeds):
            state = runs.fresh_weights(a.width, seed)
            if a.init:
                state = {k: torch.from_numpy(v) for k, v in golden_file.read(a.init).items()}
            weights = os.path.join(folder, "weights.safetensors")
            runs.save_weights(weights, state)
            found.append(learn_segwork(a, folder, f"seed{seed}", weights, root, seed))
            show("segwork", seed, found[-1])
            wanted.append(learn_torch(a, state, train, val, seed))
            show("PyTorch", seed, wanted[-1])
    if a.seeds == 1:
        print("one seed has no spread to hold a difference against: nothing is judged")
    elif not verdict(found, wanted):
        sys.exit("FAILED: the two learn differently")
    else:
        print("passed")


if __name__ == "__main__":
    main()

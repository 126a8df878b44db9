"""What the comparisons with the built program share: the data, its experiments, its runs."""
import argparse
import json
import os
import subprocess
import sys

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

import golden_file
import torch_segnet as ts

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIPPED = 77  # what build systems take for "this test could not be run"

EXPERIMENT = """\
data: {{root: "{root}", size: {size}, train_limit: {images}, val_limit: 4}}
model:
  encoder:
    - {{convs: 2, width: {w[0]}}}
    - {{convs: 2, width: {w[1]}}}
    - {{convs: 3, width: {w[2]}}}
    - {{convs: 3, width: {w[3]}}}
  decoder:
    - {{unpool_from: 4, convs: 3, width: {w[2]}}}
    - {{unpool_from: 3, convs: 3, width: {w[1]}}}
    - {{unpool_from: 2, convs: 2, width: {w[0]}}}
    - {{unpool_from: 1, convs: 2, width: 0}}
init: {{from: "{weights}"}}
optimizer: {{{optimizer}}}
train: {{epochs: {epochs}, batch_size: {batch}, val_batch_size: 4, shuffle: false, article_every: 0}}
runtime: {{conv_engine: {engine}}}
grid: {{count: 1, columns: 1}}
"""


def arguments(description, **defaults):
    p = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--program", default=os.path.join(SOURCE, "build", "segwork"), help="the built segwork")
    p.add_argument("--root", help="a data folder in the Oxford-IIIT Pet layout (default: synthetic pets, drawn)")
    p.add_argument("--engine", default="auto", help="runtime.conv_engine of segwork")
    for name, value in defaults.items():
        p.add_argument("--" + name, type=type(value), default=value, help=f"default {value}")
    a = p.parse_args()
    a.program = os.path.abspath(a.program)
    if not os.access(a.program, os.X_OK):
        print(f"skipped: {a.program} is not built; --program says where it is")
        sys.exit(SKIPPED)
    return a


def segwork(a, folder, *words):
    done = subprocess.run([a.program, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"segwork {' '.join(words)}: exit code {done.returncode}\n{done.stdout}")


def data_root(a, folder, images, val=4):
    if a.root:
        return os.path.abspath(a.root)
    segwork(a, folder, "data", "synth", "pets", "--train", str(images), "--val", str(val), "--size", str(a.size))
    return os.path.join(folder, "pets")


def load_images(root, split, count, size):
    """(N,3,S,S) float32 0..1 and (N,S,S) labels of the first so many names, as the article's transforms give them"""
    with open(os.path.join(root, "annotations", split + ".txt")) as f:
        names = [line.split()[0] for line in f if line.strip() and not line.startswith("#")][:count]
    if len(names) < count:
        sys.exit(f"{root} lists {len(names)} images in {split}.txt, {count} are needed")
    images, labels = [], []
    for name in names:
        x = np.array(Image.open(os.path.join(root, "images", name + ".jpg")).convert("RGB"))
        y = np.array(Image.open(os.path.join(root, "annotations", "trimaps", name + ".png")))
        x = torch.from_numpy(x).permute(2, 0, 1)[None].float() / 255
        images.append(F.interpolate(x, size=(size, size), mode="nearest")[0].numpy())
        y = F.interpolate(torch.from_numpy(y)[None, None].float(), size=(size, size), mode="nearest")[0, 0]
        labels.append(y.numpy().astype(np.uint8) - 1)
    return np.stack(images), np.stack(labels)


def fresh_weights(width, seed):
    torch.manual_seed(seed)
    return ts.SegNet(width).state_dict()


def save_weights(path, state):
    golden_file.write(path, {k: v.numpy() for k, v in state.items()})


def train(a, folder, name, weights, root, images, epochs, optimizer):
    """Runs segwork; returns the run's folder and the loss of every step."""
    experiment = os.path.join(folder, name + ".yaml")
    with open(experiment, "w") as f:
        f.write(EXPERIMENT.format(root=root, size=a.size, images=images, w=[a.width << i for i in range(4)],
                                  weights=weights, optimizer=optimizer, epochs=epochs, batch=a.batch, engine=a.engine))
    run = os.path.join(folder, name)
    segwork(a, folder, "run", experiment, "--out", run)
    with open(os.path.join(run, "steps.jsonl")) as f:
        return run, np.array([json.loads(line)["loss"] for line in f])

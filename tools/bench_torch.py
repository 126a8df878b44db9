#!/usr/bin/env python3
"""Times an experiment's network in PyTorch, for tools/bench_vs_pytorch.

  bench_torch.py bench --config CONFIG.yaml --batch N --steps N [--device cpu|cuda]

CONFIG.yaml is what `segwork check EXPERIMENT --resolve` prints, or the config.yaml of a run. A training step is
forward, cross-entropy, backward and the experiment's optimizer. Both memory formats are timed.

On the processor each step is timed by itself, after one that is not. On a card they are timed together, since the
device is not waited for in between; single precision, as in segwork: TF32 is off. cuDNN times its algorithms first
(benchmark); channels-last that can take a minute."""
import argparse
import os
import statistics
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))

import segwork_torch
import torch
from torch.nn import functional as F

LAYOUTS = (("nchw", torch.contiguous_format), ("channels-last", torch.channels_last))
WARM_UP_ON_CARD = 3  # steps: algorithms are chosen, memory is taken


def rates_on_processor(step, batch, steps):
    """images/s of each step"""
    rates = []
    for i in range(steps + 1):
        begin = time.perf_counter()
        step()
        if i:
            rates.append(batch / (time.perf_counter() - begin))
    return rates


def rates_on_card(step, batch, steps):
    """images/s of all steps together"""
    for _ in range(WARM_UP_ON_CARD):
        step()
    torch.cuda.synchronize()
    begin = time.perf_counter()
    for _ in range(steps):
        step()
    torch.cuda.synchronize()
    return [batch * steps / (time.perf_counter() - begin)]


def make_optimizer(config, parameters):
    o = config["optimizer"]
    lr, decay = float(o["lr"]), float(o["weight_decay"])
    if o["kind"] == "sgd":
        return torch.optim.SGD(parameters, lr, float(o["momentum"]), weight_decay=decay)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[o["kind"]]
    return kind(parameters, lr, (float(o["beta1"]), float(o["beta2"])), float(o["eps"]), decay)


def bench(a):
    device, config = torch.device(a.device), segwork_torch.read_config(a.config)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())))  # Debian's takes one of itself
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    measure = rates_on_card if device.type == "cuda" else rates_on_processor
    height, width = segwork_torch.image_size(config)
    classes = int(config["model"]["classes"])
    for layout, fmt in LAYOUTS:
        torch.manual_seed(0)
        net = segwork_torch.build(config).to(device, memory_format=fmt)
        optimizer = make_optimizer(config, net.parameters())
        x = torch.rand(a.batch, 3, height, width, device=device).to(memory_format=fmt)
        truth = torch.randint(0, classes, (a.batch, height, width), device=device)

        def train():
            optimizer.zero_grad()
            F.cross_entropy(net(x), truth).backward()
            optimizer.step()

        def infer():
            with torch.inference_mode():
                net(x)

        for mode, step in (("train", train), ("infer", infer)):
            net.train(mode == "train")
            rates = measure(step, a.batch, a.steps)
            print(f"torch {torch.__version__} threads {torch.get_num_threads()} batch {a.batch} {layout} {mode} "
                  f"img/s median {statistics.median(rates):.2f} best {max(rates):.2f}", flush=True)
    if device.type == "cuda":
        print(f"device_mib {torch.cuda.max_memory_allocated() / 2**20:.1f} {torch.cuda.get_device_name()}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["bench"])
    parser.add_argument("--config", required=True)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--device", default="cpu")
    bench(parser.parse_args())

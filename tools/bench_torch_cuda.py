#!/usr/bin/env python3
"""Times the baseline in PyTorch on a CUDA device, for tools/bench_vs_pytorch --cuda.

  bench_torch_cuda.py bench --batch N --steps N [--device cuda]

Single precision, as in segwork: TF32 is off. cuDNN times its algorithms first (benchmark), in both memory formats; in
channels-last that can take a minute. Steps are timed together, since the device is not waited for in between."""
import argparse
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "golden"))

import torch
import torch_segnet as ts
from torch.nn import functional as F

LAYOUTS = (("nchw", torch.contiguous_format), ("channels-last", torch.channels_last))
WARM_UP = 3  # steps: algorithms are chosen, memory is taken


def wait(device):
    if device.type == "cuda":
        torch.cuda.synchronize()


def rate(step, a, device):
    """images/s of so many steps"""
    for _ in range(WARM_UP):
        step()
    wait(device)
    begin = time.perf_counter()
    for _ in range(a.steps):
        step()
    wait(device)
    return a.batch * a.steps / (time.perf_counter() - begin)


def bench(a):
    device = torch.device(a.device)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    for layout, fmt in LAYOUTS:
        torch.manual_seed(0)
        net = ts.SegNet().to(device, memory_format=fmt)
        optimizer = torch.optim.Adam(net.parameters(), 1e-3)
        x = torch.rand(a.batch, 3, 128, 128, device=device).to(memory_format=fmt)
        truth = torch.randint(0, ts.CLASSES, (a.batch, 128, 128), device=device)

        def train():
            optimizer.zero_grad()
            F.cross_entropy(net(x), truth).backward()
            optimizer.step()

        def infer():
            with torch.inference_mode():
                net(x)

        for mode, step in (("train", train), ("infer", infer)):
            net.train(mode == "train")
            figure = rate(step, a, device)
            print(f"torch {torch.__version__} threads {torch.get_num_threads()} batch {a.batch} {layout} {mode} "
                  f"img/s median {figure:.2f} best {figure:.2f}", flush=True)
    if device.type == "cuda":
        print(f"device_mib {torch.cuda.max_memory_allocated() / 2**20:.1f} {torch.cuda.get_device_name()}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["bench"])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--device", default="cuda")
    bench(parser.parse_args())

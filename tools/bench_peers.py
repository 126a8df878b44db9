#!/usr/bin/env python3
"""Times one network in segwork and in other runtimes on this machine's processor; see tools/bench_peers.

Every figure is taken in a process of its own, the programs in turn, round by round. Networks that other runtimes cannot
run are changed for them and marked so: ncnn and OpenVINO have no unpooling, and get nearest upsampling in its place."""
import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "python"))

LEAST_SECONDS, LEAST_STEPS = 2.0, 3  # of a measurement, after two steps that are not timed
MODES = ("infer1", "infer", "train")  # one image, a batch, a training step


def rate(step, images, steps=LEAST_STEPS):
    """images/s: the median of the steps"""
    for _ in range(2):
        step()
    taken, begin = [], time.perf_counter()
    while len(taken) < steps or time.perf_counter() - begin < LEAST_SECONDS:
        start = time.perf_counter()
        step()
        taken.append(images / (time.perf_counter() - start))
    return statistics.median(taken)


# ---- the programs: each a function of (place, mode, batch, threads) that gives images/s, and its version ---------------


def run_segwork(place, mode, batch, _threads, inference="exact", storage="float32", engine="auto"):
    what = "train" if mode == "train" else "infer"
    command = [place["segwork"], "bench", place["experiment"], "--batch", str(batch), "--only", what, "--no-layers",
               "--json", "--quiet", "--set", f"runtime.inference={inference}", "--set",
               f"runtime.storage={storage}", "--set", f"runtime.conv_engine={engine}",
               "--steps", "4" if what == "train" else str(max(4, 64 // batch))]
    figures = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return figures[what]["images_per_second"]


def run_torch(place, mode, batch, threads, layout="nchw", compiled=False, bfloat16=False):
    import segwork_torch
    import torch
    from torch.nn import functional as F

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    config = segwork_torch.read_config(place["config"])
    height, width = segwork_torch.image_size(config)
    form = torch.channels_last if layout == "channels-last" else torch.contiguous_format
    net = segwork_torch.build(config).to(memory_format=form)
    x = torch.rand(batch, 3, height, width).to(memory_format=form)
    truth = torch.randint(0, int(config["model"]["classes"]), (batch, height, width))
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    net.train(mode == "train")
    run = torch.compile(net) if compiled else net

    def train():
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            loss = F.cross_entropy(run(x).float(), truth)
        loss.backward()
        optimizer.step()

    def infer():
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            run(x)

    return rate(train, batch, 2) if mode == "train" else rate(infer, batch)


def run_onnxruntime(place, _mode, batch, threads):
    import numpy
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(place["onnx"], options, providers=["CPUExecutionProvider"])
    x = numpy.random.default_rng(0).random((batch, 3, place["height"], place["width"]), dtype=numpy.float32)
    name = session.get_inputs()[0].name
    return rate(lambda: session.run(None, {name: x}), batch)


def run_openvino(place, _mode, batch, threads, precision="f32"):
    import numpy
    import openvino

    core = openvino.Core()
    model = core.read_model(place["nearest_onnx"])
    model.reshape([batch, 3, place["height"], place["width"]])
    compiled = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": precision,
                                                "PERFORMANCE_HINT": "LATENCY"})
    x = numpy.random.default_rng(0).random((batch, 3, place["height"], place["width"]), dtype=numpy.float32)
    request = compiled.create_infer_request()
    return rate(lambda: request.infer([x]), batch)


def run_ncnn(place, _mode, batch, threads, bfloat16=False):
    import ncnn
    import numpy

    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = net.opt.use_fp16_packed = False
    net.opt.use_bf16_storage = bfloat16
    net.load_param(place["ncnn"] + ".param")
    net.load_model(place["ncnn"] + ".bin")
    x = numpy.random.default_rng(0).random((3, place["height"], place["width"]), dtype=numpy.float32)
    image = ncnn.Mat(x).clone()  # or it would read memory that has gone

    def infer():  # it has no batches
        for _ in range(batch):
            extractor = net.create_extractor()
            extractor.input("in0", image)
            extractor.extract("out0")

    return rate(infer, batch)


def variant(function, **options):
    return lambda *arguments: function(*arguments, **options)


# name: (package, or None for segwork; function, modes, whether it computes in single precision)
PROGRAMS = {
    "segwork": (None, run_segwork, MODES, True),
    "segwork, fast": (None, variant(run_segwork, inference="fast"), ("infer1", "infer"), True),
    "segwork, bfloat16 storage": (None, variant(run_segwork, storage="bfloat16"), ("train",), True),
    "segwork, bfloat16 products (amx)":
        (None, variant(run_segwork, inference="fast", storage="bfloat16", engine="amx"), MODES, False),
    "PyTorch": ("torch", run_torch, MODES, True),
    "PyTorch, channels-last": ("torch", variant(run_torch, layout="channels-last"), MODES, True),
    "PyTorch, compiled": ("torch", variant(run_torch, layout="channels-last", compiled=True), MODES, True),
    "PyTorch, bfloat16 autocast": ("torch", variant(run_torch, layout="channels-last", bfloat16=True), MODES, False),
    "onnxruntime": ("onnxruntime", run_onnxruntime, ("infer1", "infer"), True),
    "ncnn (nearest)": ("ncnn", run_ncnn, ("infer1", "infer"), True),
    "ncnn, bfloat16 storage (nearest)": ("ncnn", variant(run_ncnn, bfloat16=True), ("infer1", "infer"), False),
    "OpenVINO (nearest)": ("openvino", run_openvino, ("infer1", "infer"), True),
    "OpenVINO, bfloat16 (nearest)": ("openvino", variant(run_openvino, precision="bf16"), ("infer1", "infer"), False),
}


# ---- what they run -----------------------------------------------------------------------------------------------


def resolved(segwork, experiment):
    return subprocess.run([segwork, "check", experiment, "--resolve"], check=True, capture_output=True, text=True).stdout


def prepare(a, folder):
    """Files of the network. In a process of its own: what this one has in memory would count in all that it begins."""
    done = subprocess.run([sys.executable, os.path.abspath(__file__), "--prepare", a.segwork, a.experiment, folder],
                          check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def make_files(segwork, experiment, folder):
    """Writes configuration and ONNX, also of the network with nearest upsampling, and that for ncnn; prints their place."""
    import pnnx
    import segwork_torch
    import torch

    place = {"segwork": segwork, "experiment": experiment, "config": os.path.join(folder, "config.yaml")}
    text = resolved(segwork, experiment)
    files = {"config": text, "nearest": re.sub(r"\bup: unpool\b", "up: nearest", text)}
    for name, content in files.items():
        with open(os.path.join(folder, name + ".yaml"), "w", encoding="utf-8") as file:
            file.write(content)
    torch.manual_seed(0)
    for name in files:
        config = os.path.join(folder, name + ".yaml")
        net = segwork_torch.build(segwork_torch.read_config(config)).eval()
        place["height"], place["width"] = segwork_torch.image_size(segwork_torch.read_config(config))
        weights = os.path.join(folder, name + ".safetensors")
        save(net, weights)
        subprocess.run([segwork, "export", weights, "--config", config, "--fold", "--out",
                        os.path.join(folder, name + ".onnx")], check=True, stdout=subprocess.DEVNULL)
    place["onnx"], place["nearest_onnx"] = os.path.join(folder, "config.onnx"), os.path.join(folder, "nearest.onnx")
    place["ncnn"] = os.path.join(folder, "nearest.ncnn")
    with Silence():
        pnnx.export(net, os.path.join(folder, "nearest.pt"), torch.rand(1, 3, place["height"], place["width"]), fp16=False)
    print(json.dumps(place))


def save(net, path):
    from safetensors.torch import save_file

    save_file({name: tensor.contiguous() for name, tensor in net.state_dict().items()}, path)


class Silence:
    """What a library's programs print is kept away."""

    def __enter__(self):
        self.saved = [os.dup(1), os.dup(2)]
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1), os.dup2(null, 2), os.close(null)

    def __exit__(self, *_):
        for target, kept in zip((1, 2), self.saved):
            os.dup2(kept, target), os.close(kept)


# ---- rounds and table ------------------------------------------------------------------------------------------


def measure(place, name, mode, batch, threads):
    """images/s and peak resident memory in MiB, from a process of its own; None where it cannot"""
    command = [sys.executable, os.path.abspath(__file__), "--one", name, mode, str(batch), str(threads), json.dumps(place)]
    with tempfile.TemporaryFile("w+") as errors:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        if done.returncode == 0:
            return json.loads(done.stdout.splitlines()[-1])
        errors.seek(0)
        print(f"{name}, {mode}: {(errors.read().strip().splitlines() or ['failed'])[-1]}", file=sys.stderr)
    return None


def one(name, mode, batch, threads, place):
    found = PROGRAMS[name][1](json.loads(place), mode, int(batch), int(threads))
    who = resource.RUSAGE_CHILDREN if PROGRAMS[name][0] is None else resource.RUSAGE_SELF
    print(json.dumps([found, resource.getrusage(who).ru_maxrss / 1024]))


def processor_has(features):
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        return re.search(rf"\b({features})\b", file.read()) is not None


def names_here(names):
    """Those that this processor computes: others would take minutes a step for bfloat16, and segwork float32."""
    amx, others = processor_has("amx_bf16"), processor_has("avx512_bf16|amx_bf16")
    if not others:
        print("bfloat16 of the others is left out: this processor does not compute with it", file=sys.stderr)
        names = [name for name in names if PROGRAMS[name][0] is None or "bfloat16" not in name]
    return [name for name in names if amx or "(amx)" not in name]


def with_version(name):
    """"ncnn, bfloat16 storage" -> "ncnn 1.0.20261020, bfloat16 storage\""""
    package = PROGRAMS[name][0]
    if not package:
        return name
    return re.sub(r"^\w+", lambda found: f"{found[0]} {metadata.version(package).split('+')[0]}", name)


def table(a, figures):
    batches = {"infer1": 1, "infer": a.batch, "train": a.train_batch}
    titles = {mode: f"{'training' if mode == 'train' else 'inference'}, batch {batches[mode]}" for mode in a.modes}
    memory = "train" if "train" in a.modes else a.modes[-1]
    print(f"images/s, medians of {a.rounds} round{'s' if a.rounds > 1 else ''}, {a.threads} threads\n")
    print(f"| | {' | '.join(titles.values())} | MiB, {titles[memory]} |")
    print("|---|" + "---:|" * (len(titles) + 1))
    for name in a.names:
        cells = [cell(figures, name, mode, 0, "%.2f" if mode == "train" else "%.1f") for mode in titles]
        print(f"| {with_version(name)} | {' | '.join(cells)} | {cell(figures, name, memory, 1, '%.0f')} |")
    print("\nsegwork over the fastest of the others in the same precision, and the range of single rounds:\n")
    for mode, title in titles.items():
        for name in (name for name in a.names if PROGRAMS[name][0] is None):
            ratios(figures, name, mode, title + name.removeprefix("segwork"))


def values(figures, name, mode, which=0):
    return [round_[which] for round_ in figures.get((name, mode), []) if round_]


def cell(figures, name, mode, which, form):
    found = values(figures, name, mode, which)
    return form % statistics.median(found) if found else "-"


def ratios(figures, own, mode, what):
    ours = values(figures, own, mode)
    rivals = {name: values(figures, name, mode) for name, p in PROGRAMS.items() if p[0] and p[3] == PROGRAMS[own][3]}
    rivals = {name: found for name, found in rivals.items() if len(found) == len(ours) > 0}
    if not rivals:
        return
    best = max(rivals, key=lambda name: statistics.median(rivals[name]))
    single = [a / b for a, b in zip(ours, rivals[best])]
    middle = statistics.median(ours) / statistics.median(rivals[best])
    print(f"- {what}: {middle:.2f} ({min(single):.2f} to {max(single):.2f}), {best}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--train-batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--experiment", default=os.path.join(HERE, "../experiments/segnet_baseline.yaml"))
    parser.add_argument("--segwork", default=os.path.join(HERE, "../build/segwork"))
    parser.add_argument("--only", help="programs whose name has this text, and segwork")
    parser.add_argument("--modes", default=",".join(MODES), help="of " + ",".join(MODES))
    a = parser.parse_args()
    a.modes = a.modes.split(",")
    for mode in a.modes:
        if mode not in MODES:
            parser.error(f"there is no mode '{mode}'")
    a.names = [name for name, p in PROGRAMS.items() if p[0] is None or not a.only or a.only in name]
    a.names = names_here(a.names)
    batches = {"infer1": 1, "infer": a.batch, "train": a.train_batch}
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        place = prepare(a, folder)
        for number in range(a.rounds):
            for mode in a.modes:
                for name in (name for name in a.names if mode in PROGRAMS[name][2]):
                    print(f"round {number + 1} of {a.rounds}: {name}, {mode}", file=sys.stderr, flush=True)
                    found = measure(place, name, mode, batches[mode], a.threads)
                    figures.setdefault((name, mode), []).append(found)
    table(a, figures)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:])
    elif sys.argv[1:2] == ["--prepare"]:
        make_files(*sys.argv[2:])
    else:
        main()

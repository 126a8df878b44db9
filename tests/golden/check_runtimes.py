#!/usr/bin/env python3
"""Runs exported networks in every runtime that is installed and prints one table (Markdown): the worst difference of
their logits from those of `segwork predict`, and how many pixels get another label.

  tests/golden/check_runtimes.py build/segwork                          small runs of its own, on synthetic pets
  tests/golden/check_runtimes.py build/segwork runs/segnet_small/001    a run there
  tests/golden/check_runtimes.py build/segwork --pictures DIR ...       with these pictures instead of noise

Runtimes: onnxruntime, OpenVINO, OpenCV, ncnn (with pnnx, which converts for it), and the PyTorch module of
tools/python. Each gets the ONNX file with the norms as they are and the one where they are folded ("1e-7 / 2e-7", in
that order), one image and a batch of three. What a runtime makes of MaxUnpool is only shown, but for onnxruntime;
all must take basic ops. Its own runs get random weights, which leave no layer idle.
Exit codes: 0, 1 where logits differ by more than rounding, 77 where no runtime is installed.
"""
import argparse
import contextlib
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tools" / "python"))
try:
    import numpy as np

    import check_export as ce
    import golden_file
except ImportError as e:
    print(f"skipped: {e}")
    sys.exit(77)

SEPARABLE = [
    "model.encoder=[{convs: 1, width: 16, conv: separable}, {convs: 2, width: 32, conv: separable}]",
    "model.decoder=[{unpool_from: 2, convs: 2, width: 16, conv: separable}, {unpool_from: 1, convs: 1, width: 0, conv: separable}]",
]
OWN = {
    "segnet_small": ["data.size=64"],
    "segnet_small, odd": ["data.size=[45, 60]"],
    "separable": ["data.size=[50, 37]", *SEPARABLE],
    "nearest, average": ["data.size=[31, 46]", *ce.NEAREST],
    "unet_small": ["data.size=[45, 60]", "configs/model/unet_small.yaml"],
    "linknet": ["data.size=64", "configs/model/linknet.yaml"],
    "deeplab_small": ["data.size=[65, 70]", "configs/model/deeplab_small.yaml"],
    "segnet_basic": ["data.size=[45, 60]", "configs/model/segnet_basic.yaml"],
    "every op": ce.EVERY_OP,
}


@contextlib.contextmanager
def quiet():
    """without what libraries write to standard error themselves"""
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


# ---- runtimes: each takes a path and returns a function from images (N,3,H,W) to logits ---------------------------


def onnxruntime(path):
    import onnxruntime as runtime

    runtime.set_default_logger_severity(4)
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda x: session.run(["logits"], {"images": x})[0]


def openvino(path):
    import openvino as runtime

    # without the hint, processors that have bfloat16 compute in it
    compiled = runtime.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda x: compiled({"images": x})["logits"].copy()


def opencv(path):
    """read anew for each batch: 4.14 computes a transposed convolution with a norm after it wrongly for a second size"""
    import cv2

    cv2.dnn.readNetFromONNX(str(path))  # here is where a graph is refused

    def run(x):
        net = cv2.dnn.readNetFromONNX(str(path))
        net.setInput(x, "images")
        return net.forward("logits").copy()

    return run


def ncnn(path):
    """one image at a time: ncnn has no batches, and pnnx makes a file for one size"""
    import ncnn as runtime
    import onnx

    dims = onnx.load(str(path)).graph.input[0].type.tensor_type.shape.dim
    stem = path.with_suffix("")
    words = ["pnnx", path.name, f"inputshape=[1,3,{dims[2].dim_value},{dims[3].dim_value}]", "fp16=0"]
    subprocess.run(words, cwd=path.parent, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    net = runtime.Net()
    net.opt.use_fp16_arithmetic = net.opt.use_fp16_storage = net.opt.use_fp16_packed = False
    if net.load_param(f"{stem}.ncnn.param") or net.load_model(f"{stem}.ncnn.bin"):
        raise RuntimeError("ncnn does not have all ops")

    def one(image):
        with net.create_extractor() as extractor:
            extractor.input("in0", runtime.Mat(image).clone())
            code, out = extractor.extract("out0")
            if code:
                raise RuntimeError("ncnn computed nothing")
            return np.array(out)

    return lambda x: np.stack([one(np.ascontiguousarray(image)) for image in x])


RUNTIMES = {"onnxruntime": onnxruntime, "OpenVINO": openvino, "OpenCV": opencv, "ncnn": ncnn}
MODULES = {"onnxruntime": ["onnxruntime"], "OpenVINO": ["openvino"], "OpenCV": ["cv2"], "ncnn": ["ncnn", "onnx"]}


def version(runtime):
    module = importlib.import_module(MODULES[runtime][0])
    return module.__version__.split("-")[0]


def available(runtime):
    return all(map(ce.installed, MODULES[runtime])) and (runtime != "ncnn" or shutil.which("pnnx") is not None)


def pytorch(run):
    import segwork_torch
    import torch

    net = segwork_torch.load(str(run))

    def logits(x):
        with torch.no_grad():
            return net(torch.from_numpy(x)).numpy()

    return logits


# ---- the table ---------------------------------------------------------------------------------------------------


class Table:
    def __init__(self):
        self.rows, self.notes, self.good = [], {}, True

    def compare(self, runtime, run, images, expected, must=True):
        """of one image and of all: the worst difference, the labels that differ"""
        cells, largest = [], np.abs(expected).max()
        for count in (1, len(images)):
            try:
                found, wanted = run(np.ascontiguousarray(images[:count])), expected[:count]
                assert found.shape == wanted.shape, f"the logits have the shape {found.shape}"
            except Exception as error:  # each runtime has its own
                cells += self.refuse(runtime, error, must)
                continue
            error = np.abs(found - wanted)
            good = (error <= ce.BOUND * largest).mean() >= ce.MOST
            self.good &= bool(good) or not must
            cells += [f"{error.max():.0e}" + ("" if good else " wrong"), str((found.argmax(1) != wanted.argmax(1)).sum())]
        return cells

    def refuse(self, runtime, error, must):
        self.good &= not must
        lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        self.notes.setdefault(runtime, next((line for line in lines if "MaxUnpool" in line), lines[-1]))
        return ["refused", ""]

    def add(self, names, variants):
        """a row; cells of the variants side by side, where they differ"""
        self.rows.append(names + [" / ".join(dict.fromkeys(cells)) for cells in zip(*variants)])

    def write(self):
        print("| model, size | largest logit | runtime | unpooling | batch 1: worst | labels | batch 3: worst | labels |")
        print("|---|---|---|---|---|---|---|---|")
        for row in self.rows:
            print("| " + " | ".join(row) + " |")
        for runtime, note in self.notes.items():
            print(f"\n{runtime} refuses: {note[:200]}")


def check_onnx(table, c, names, expected):
    config = (pathlib.Path(c.run) / "config.yaml").read_text()
    unpools = "up: unpool" in config or "max_unpool" in config
    for unpool in ("max", "basic") if unpools else ("max",):
        paths = [c.export(f"{unpool}_plain.onnx", "--unpool", unpool)]
        paths.append(c.export(f"{unpool}_folded.onnx", "--unpool", unpool, "--fold"))
        for name in filter(available, RUNTIMES):
            must = unpool == "basic" or not unpools or name == "onnxruntime"
            with quiet():
                cells = [compare_onnx(table, c, name, path, expected, must) for path in paths]
            table.add([*names, name, unpool if unpools else "-"], cells)


def compare_onnx(table, c, name, path, expected, must):
    try:
        run = RUNTIMES[name](path)
    except Exception as error:
        return 2 * table.refuse(name, error, must)
    return table.compare(name, run, c.images, expected, must)


def randomize(path):
    """other weights of the same names"""
    golden_file.write(path, random_weights(golden_file.read(path)))


def random_weights(weights):
    """of the same names and shapes: convolutions that keep the variance, norms with something to do"""
    rng = np.random.default_rng(1)
    for name, w in weights.items():
        noise = rng.standard_normal(w.shape, np.float32)
        if w.ndim == 4:
            weights[name] = noise * np.float32(np.sqrt(2 / np.prod(w.shape[1:])))
        elif name.endswith(("weight", "running_var")):
            weights[name] = np.exp(np.float32(0.2) * noise)
        elif w.dtype == np.float32:
            weights[name] = np.float32(0.2) * noise
    return weights


def take_pictures(c, folder, size):
    """the first pictures of a folder, resized by segwork's own rule, as PNG files for segwork and as arrays"""
    import torch
    from PIL import Image

    import segwork_torch

    (c.folder / "images").mkdir()
    found = sorted(p for p in pathlib.Path(folder).iterdir() if p.suffix.lower() in (".jpg", ".png"))[: ce.IMAGES]
    arrays = []
    for i, path in enumerate(found):
        pixels = torch.from_numpy(np.array(Image.open(path).convert("RGB")))
        pixels = segwork_torch.resize(pixels, *size, bilinear=True).numpy()
        ce.write_png(c.folder / "images" / f"{i}.png", pixels)
        arrays.append(pixels)
    c.images = np.ascontiguousarray(np.stack(arrays).transpose(0, 3, 1, 2)).astype(np.float32) / np.float32(255)


def check(table, segwork, model, run, own, pictures):
    with tempfile.TemporaryDirectory() as scratch:
        c = ce.Check(segwork, run, pathlib.Path(scratch), own)
        size, weights = ce.run_size(c.run), os.path.join(c.run, "checkpoints", "best.safetensors")
        if own:
            randomize(weights)
        take_pictures(c, pictures, size) if pictures else c.make_images(size)
        expected = c.predict(weights)
        names = [f"{model}, {size[1]}x{size[0]}", f"{np.abs(expected).max():.1f}"]
        if ce.installed("torch") and ce.installed("yaml"):
            table.add([*names, "PyTorch module", "-"], [table.compare("PyTorch", pytorch(c.run), c.images, expected)])
        check_onnx(table, c, names, expected)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("segwork")
    parser.add_argument("runs", nargs="*")
    parser.add_argument("--pictures", help="a folder of JPEG or PNG files")
    a = parser.parse_args()
    missing = [name for name in RUNTIMES if not available(name)]
    if not (ce.installed("torch") and ce.installed("yaml")):
        missing.append("PyTorch")
    if len(missing) == len(RUNTIMES) + 1:
        print("skipped: no runtime is installed")
        return 77
    table = Table()
    for run in a.runs:
        check(table, a.segwork, os.path.basename(os.path.dirname(os.path.abspath(run))), run, None, a.pictures)
    for model, own in {} if a.runs else OWN.items():
        check(table, a.segwork, model, None, own, a.pictures)
    table.write()
    have = [f"{name} {version(name)}" for name in RUNTIMES if name not in missing]
    if "PyTorch" not in missing:
        import torch

        have.append(f"PyTorch {torch.__version__.split('+')[0]}")
    print("\n" + ", ".join(have) + (f"; not installed, not checked: {', '.join(missing)}" if missing else ""))
    return 0 if table.good else 1


if __name__ == "__main__":
    sys.exit(main())

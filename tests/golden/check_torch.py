#!/usr/bin/env python3
"""Checks tools/python/segwork_torch.py: that networks built from a run's config.yaml take the run's weights strictly
and give the logits of `segwork predict`, that images are prepared as segwork does it, and that layers are read as
configs/README.md says. Needs torch, PyYAML and Pillow.

  tests/golden/check_torch.py build/segwork

Logits: nine of ten must be nearer to those of PyTorch in double precision than 6 times what holds nine of ten of
PyTorch's own in single precision (channels last and not, with mkldnn and without), or than 1e-6 of the largest logit.
The others may have met a pool's decision between nearly equal values that rounding makes.
"""
import json
import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "python"))
try:
    import numpy as np
    import torch
    import yaml
    from PIL import Image

    import check_export as ce
    import check_runtimes
    import segwork_torch as st
except ImportError as e:
    print(f"skipped: {e}")
    sys.exit(77)

PLAIN_HEAD = ["model.head=plain", "model.bias=true", "model.input_norm=false"]
NORMALIZED = ["data.normalize={mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.25]}"]
CASES = {
    "the narrow baseline": ["data.size=48"],
    "an odd size, plain head, biases": ["data.size=[45, 60]", *PLAIN_HEAD, "data.fit=pad", "data.resize=bilinear"],
    "separable, cropped, normalized": ["data.size=[50, 37]", *check_runtimes.SEPARABLE, "data.fit=crop", *NORMALIZED],
    "nearest, average": ["data.size=[31, 46]", *ce.NEAREST, "data.resize=bilinear"],
}
# Networks of configs/model, at the size given: odd ones where it can. segnet_bayesian has the layers of segnet_vgg16.
MODELS = {
    "unet": [33, 48],
    "unet_small": [45, 60],
    "resunet": [33, 48],
    "linknet": [64, 32],
    "segnet_basic": [45, 60],
    "segnet_bayesian": [45, 60],
    "fcn8": [45, 60],
    "deeplab_small": [65, 70],
}
STAGES = [
    "data.size=[45, 50]",
    "model.encoder=[{convs: 2, width: 16, block: residual, dropout: 0.2}, {convs: 2, width: 16, block: residual, kernel: 5}, "
    "{convs: 1, width: 24, conv: separable, pool: average}, {convs: 1, width: 24}]",
    "model.decoder=[{unpool_from: 4, convs: 2, width: 24, up: bilinear, skip: add, dropout: 0.3}, "
    "{unpool_from: 3, convs: 2, width: 16, up: transposed, skip: concat}, "
    "{unpool_from: 2, convs: 2, width: 16, up: unpool, skip: concat, block: residual}, "
    "{unpool_from: 1, convs: 1, width: 0, up: nearest, skip: add}]",
]
NINE_OF_TEN = 0.9
good = True


def expect(what, right):
    global good
    print(f"{what}: {'yes' if right else 'NO'}")
    good &= bool(right)


# ---- a run's network, on pictures that have to be resized --------------------------------------------------------


def logits(net, x):
    with torch.no_grad():
        return net(x)


def check_logits(name, net, x, found):
    exact = logits(net.double(), x.double())
    net.float()
    singles = [logits(net, x), logits(net, x.contiguous(memory_format=torch.channels_last))]
    with torch.backends.mkldnn.flags(enabled=False):
        singles.append(logits(net, x))
    own = max(torch.quantile((s.double() - exact).abs(), NINE_OF_TEN).item() for s in singles)
    allowed = max(6 * own, 1e-6 * exact.abs().max().item())
    error = torch.quantile((found.double() - exact).abs(), NINE_OF_TEN).item()
    expect(f"{name}: logits within {error:.1e}, {allowed:.1e} is allowed", error <= allowed)


def make_pictures(folder, crop):
    """noise of several sizes, as PNG; of one size where predict would take windows"""
    folder.mkdir()
    rng = np.random.default_rng(1)
    for i, size in enumerate([(50, 37)] if crop else [(64, 64), (97, 61), (33, 120)]):
        pixels = rng.integers(0, 256, (size[0], size[1], 3), np.uint8)
        ce.write_png(folder / f"{i}.png", pixels)


def check_run(name, segwork, own):
    with tempfile.TemporaryDirectory() as scratch:
        crop = "data.fit=crop" in own
        c = ce.Check(segwork, None, pathlib.Path(scratch), own)
        weights = os.path.join(c.run, "checkpoints", "best.safetensors")
        check_runtimes.randomize(weights)
        make_pictures(c.folder / "images", crop)
        config, net = st.read_config(c.run), st.load(str(c.run))
        expect(f"{name}: as many parameters as tensors in the file", len(net.state_dict()) == len(ce.golden_file.read(weights)))
        out, kind = c.folder / "out", ["--probabilities", "--size", "network"] if crop else ["--logits"]
        words = ["--checkpoint", weights, "--config", os.path.join(c.run, "config.yaml")]
        c.call("predict", *words, c.folder / "images", "--out", out, *kind)
        for path in sorted((c.folder / "images").iterdir()):
            x = st.preprocess(Image.open(path), config)
            if crop:
                found = np.load(out / f"{path.stem}.probabilities.npy")
                error = np.abs(logits(net, x).softmax(1)[0].numpy() - found)
                # a probability moves by at most a quarter of what a logit moves
                expect(f"{name}: probabilities, largest error {error.max():.0e}", np.quantile(error, NINE_OF_TEN) <= ce.BOUND)
            else:
                check_logits(f"{name}, {path.name}", net, x, torch.from_numpy(np.load(out / f"{path.stem}.npy"))[None])


def check_model(name, segwork, own):
    """a network without a run: its experiment as segwork resolves it, and random weights"""
    with tempfile.TemporaryDirectory() as scratch:
        c = ce.Check(segwork, scratch, pathlib.Path(scratch))
        experiment = c.experiment(own)
        config, weights, image = c.folder / "config.yaml", c.folder / "weights.safetensors", c.folder / "image.png"
        config.write_text(c.call("check", *experiment, "--resolve"))
        net = st.build(st.read_config(config))
        expect(f"{name}: {sum(p.numel() for p in net.parameters())} parameters, as segwork counts them",
               sum(p.numel() for p in net.parameters()) == json.loads(c.call("describe", *experiment, "--json"))["parameters"])
        state = {key: w.numpy() for key, w in net.state_dict().items()}
        ce.golden_file.write(weights, check_runtimes.random_weights(state))
        net = st.load(str(weights), config=str(config))
        size = st.image_size(st.read_config(config))
        ce.write_png(image, np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8))
        c.call("predict", "--checkpoint", weights, "--config", config, image, "--out", c.folder / "out", "--logits")
        x = st.preprocess(Image.open(image), st.read_config(config))
        check_logits(name, net, x, torch.from_numpy(np.load(c.folder / "out" / "image.npy"))[None])


# ---- layers ------------------------------------------------------------------------------------------------------

LAYERS = """
model:
  classes: 3
  blocks:
    double:
      - {op: conv2d, width: $width}
      - {op: batchnorm, relu: true}
      - {name: second, op: conv2d, width: $width, bias: true, from: "0"}
      - {op: add, from: [before, "1"], relu: true}
  layers:
    - {name: e1, block: double, width: 8}
    - {name: p, op: max_pool}
    - {op: conv2d, width: 8, stride: 2, dilation: 2}
    - {name: gate, op: global_average_pool}
    - {op: sigmoid}
    - {op: scale, from: [layers.2, before]}
    - {name: up, op: conv_transpose2d, width: 8, kernel: 2, like: p}
    - {op: max_unpool, from: [before, p.offsets], like: e1}
    - {op: concat, from: [before, e1]}
    - {op: group_norm, groups: 4}
    - {op: silu}
    - {op: dropout, rate: 0.3, kind: channels}
    - {op: local_response_norm}
    - {op: leaky_relu}
    - {name: small, op: average_pool}
    - {op: bilinear, like: e1, align_corners: true}
    - {op: add, from: [before, layers.13]}
    - {name: all, op: global_average_pool}
    - {op: broadcast, like: e1}
    - {name: train, op: concat, from: [before, layers.16]}
    - {name: out, op: conv2d, width: 0, kernel: 1, bias: true}
"""


def check_layers():
    net = st.build(yaml.load(LAYERS, yaml.BaseLoader))
    names = {n for n in net.state_dict() if not n.endswith(("running_mean", "running_var", "num_batches_tracked"))}
    expected = {f"{n}.weight" for n in ("e1.0", "e1.1", "e1.second", "layers.2", "up", "layers.9", "out")}
    expected |= {f"{n}.bias" for n in ("e1.1", "e1.second", "up", "layers.9", "out")}
    expect("layers and blocks: parameters are named as segwork's", names == expected)
    expect("layers: a width of 0 is one channel a class", net.state_dict()["out.weight"].shape == (3, 32, 1, 1))
    x = torch.rand(2, 3, 21, 33)
    y = net(x)
    expect("layers: logits of the images' size", y.shape == (2, 3, 21, 33))
    y.sum().backward()
    expect("layers: every parameter gets a gradient", all(p.grad is not None for p in net.parameters()))
    for wrong, words in (("op: conv2d, widht: 8", "needs width"), ("op: relu, slope: 1", "unknown option slope"),
                         ("op: softmax", "no op 'softmax'"), ("op: relu, from: far", "no layer 'far'")):
        try:
            st.build({"model": {"classes": "3", "layers": [yaml.load("{" + wrong + "}", yaml.BaseLoader)]}})
            expect(f"layers: '{wrong}' is refused", False)
        except ValueError as error:
            expect(f"layers: '{wrong}' is refused ({error})", words in str(error))


def check_transposed():
    """against the definition: y[S p - P + t] = sum of x[p] w[t], and the bias everywhere"""
    for kernel, stride, more in ((2, 2, 0), (2, 2, 1), (3, 2, 1), (4, 2, 1), (16, 8, 7), (2, 3, 2)):
        net, x = st.ConvTranspose(2, 3, kernel, stride, True), torch.rand(1, 2, 4, 5)
        height, width = stride * 4 + more, stride * 5
        padding = -(-(kernel - stride) // 2) if kernel > stride else 0
        wanted = net.bias.detach().double()[None, :, None, None].repeat(1, 1, height, width)
        for py in range(4):
            for px in range(5):
                for ty in range(kernel):
                    for tx in range(kernel):
                        y, z = stride * py - padding + ty, stride * px - padding + tx
                        if 0 <= y < height and 0 <= z < width:
                            wanted[0, :, y, z] += x[0, :, py, px].double() @ net.weight.detach().double()[:, :, ty, tx]
        error = (net(x, size=(height, width)).double() - wanted).abs().max().item()
        # at most 2 channels times (kernel / stride rounded up)^2 products and a bias, all below 2
        terms = 2 * (-(-kernel // stride)) ** 2 + 1
        expect(f"transposed convolution {kernel}/{stride}, {more} more: error {error:.0e}", error <= 2 * terms * 2**-23)


def check_unpool():
    """ties, and an output of another size than what was pooled"""
    x = torch.tensor([[[[0.0, 0, 0, 5, 9], [0, 0, 5, 5, 9], [9, 9, 9, 9, 9]]]])
    pool = st.MaxPool()
    pool.return_indices = True
    y, offsets = pool(x)
    placed = st.max_unpool(y + 1, offsets, size=(3, 5))
    wanted = torch.tensor([[[[1.0, 0, 0, 6, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]]])
    expect("unpooling: the first of equal maxima, zeros where nothing was pooled", torch.equal(placed, wanted))
    expect("unpooling to twice the pooled size", torch.equal(st.max_unpool(y + 1, offsets, size=(2, 4)), wanted[..., :2, :4]))
    expect("unpooling to the size before", torch.equal(st.max_unpool(y + 1, offsets), wanted))
    odd = st.upsample(torch.tensor([[[[1.0, 2]]]]), size=(3, 5))
    expect("upsampling repeats the last row and column", odd.tolist() == [[3 * [[1.0, 1, 2, 2, 2]]]])


if __name__ == "__main__":
    check_layers()
    check_transposed()
    check_unpool()
    for name, own in CASES.items():
        check_run(name, sys.argv[1], own)
    check_model("stages of every kind", sys.argv[1], STAGES)
    check_model("every op", sys.argv[1], ce.EVERY_OP)
    for name, size in MODELS.items():
        check_model(name, sys.argv[1], [f"data.size={size}", f"configs/model/{name}.yaml"])
    sys.exit(0 if good else 1)

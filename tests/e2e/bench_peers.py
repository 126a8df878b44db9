"""tools/bench_peers with made-up programs: rounds in turn, medians, the fastest rival, what cannot be measured.

  python3 bench_peers.py SOURCE_FOLDER"""
import contextlib
import io
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1] + "/tools")
import bench_peers

RATES = {
    ("segwork", "infer1"): [20.0, 30.0, 40.0],
    ("segwork", "train"): [6.0, 6.0, 9.0],
    ("segwork, fast", "infer1"): [32.0, 33.0, 31.0],
    ("segwork, bfloat16 storage", "train"): [8.0, 6.0, 9.0],
    ("segwork, bfloat16 products (amx)", "infer1"): [198.0, 198.0, 297.0],
    ("PyTorch", "infer1"): [10.0, 10.0, 10.0],
    ("PyTorch", "train"): [2.0, 3.0, 1.5],
    ("ncnn (nearest)", "infer1"): [16.0, 15.0, 10.0],
    ("ncnn, bfloat16 storage (nearest)", "infer1"): [99.0, 99.0, 99.0],
    ("onnxruntime", "infer1"): [50.0, None, None],
}
asked = []


def measure(_place, name, mode, batch, threads):
    assert threads == 2 and batch == {"infer1": 1, "train": 8}[mode], (batch, threads)
    found = RATES.get((name, mode), [None] * 3)[sum(a == (name, mode) for a in asked)]
    asked.append((name, mode))
    return found and [found, 100.0 * batch]


def run(*arguments):
    del asked[:]
    sys.argv = ["bench_peers", "--modes", "infer1,train", "--train-batch", "8", "--threads", "2", *arguments]
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        bench_peers.main()
    return out.getvalue(), err.getvalue()


def expect(text, *lines):
    for line in lines:
        assert line in text.splitlines(), f"no line '{line}' in\n{text}"


bench_peers.prepare = lambda *_: {}
bench_peers.measure = measure
bench_peers.metadata.version = lambda package: {"torch": "9.9+cpu"}.get(package, "1.2")

bench_peers.processor_has = lambda features: True
out, err = run()
expect(out, "images/s, medians of 3 rounds, 2 threads", "| | inference, batch 1 | training, batch 8 | MiB, training, batch 8 |",
       "| segwork | 30.0 | 6.00 | 800 |", "| PyTorch 9.9 | 10.0 | 2.00 | 800 |", "| PyTorch 9.9, compiled | - | - | - |",
       "| ncnn 1.2, bfloat16 storage (nearest) | 99.0 | - | - |", "| onnxruntime 1.2 | 50.0 | - | - |",
       "- inference, batch 1: 2.00 (1.25 to 4.00), ncnn (nearest)",
       "| segwork, bfloat16 products (amx) | 198.0 | - | - |",
       "- inference, batch 1, bfloat16 products (amx): 2.00 (2.00 to 3.00), ncnn, bfloat16 storage (nearest)",
       "- inference, batch 1, fast: 2.13 (2.00 to 3.10), ncnn (nearest)", "- training, batch 8: 3.00 (2.00 to 6.00), PyTorch",
       "| segwork, bfloat16 storage | - | 8.00 | 800 |", "- training, batch 8, bfloat16 storage: 4.00 (2.00 to 6.00), PyTorch")
assert asked[:4] == [("segwork", "infer1"), ("segwork, fast", "infer1"), ("segwork, bfloat16 products (amx)", "infer1"),
                     ("PyTorch", "infer1")] and asked[-1][1] == "train", asked
assert "left out" not in err

bench_peers.processor_has = lambda features: False
out, err = run("--only", "ncnn", "--rounds", "1")
assert "bfloat16 of the others is left out" in err and "ncnn 1.2, bfloat16" not in out and "PyTorch" not in out, out
assert "(amx)" not in out, out
expect(out, "- inference, batch 1: 1.25 (1.25 to 1.25), ncnn (nearest)")

for words, message in ((["--rounds", "0"], "--rounds takes a number from 1, got '0'"), (["--nonsense"], "no option --nonsense"),
                       (["--only"], "--only takes an argument")):
    done = subprocess.run([bench_peers.HERE + "/bench_peers", *words], capture_output=True, text=True)
    assert done.returncode == 2 and message in done.stderr, done

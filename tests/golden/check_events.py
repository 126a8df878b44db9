#!/usr/bin/env python3
"""Checks that TensorBoard's own reader finds in a run's event files what the run's other files say, also when the
run was killed and went on.

  tests/golden/check_events.py build/segwork                 a small run of its own, on synthetic pets
  tests/golden/check_events.py build/segwork RUN             a run there
"""
import json
import math
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError as e:
    print(f"skipped: {e}")
    sys.exit(77)

SOURCE = pathlib.Path(__file__).resolve().parents[2]
GROUPS = {"lr": "train/lr", "train_loss": "train/loss", "val_loss": "val/loss", "seconds": "time/seconds",
          "images_per_second": "time/images_per_second"}


def train(segwork, folder):
    """a run that is killed in its second epoch, stopped in its third, and goes on to the end"""
    def call(*arguments):
        return [segwork, *map(str, arguments)]

    subprocess.run(call("data", "synth", "pets", "--train", 12, "--val", 4, "--size", 32), cwd=folder, check=True)
    steps = folder / "run" / "steps.jsonl"
    words = call("run", SOURCE / "tests/support/tiny.yaml", "--out", "run", "--set", "train.epochs=4",
                 "--set", "train.batch_size=1")
    for lines, kind in (18, signal.SIGKILL), (30, signal.SIGINT):
        process = subprocess.Popen(words, cwd=folder)
        while process.poll() is None and (not steps.exists() or steps.read_text().count("\n") < lines):
            time.sleep(0.001)
        process.send_signal(kind)
        process.wait()
        words = call("run", "--resume", "run")
    subprocess.run(words, cwd=folder, check=True)
    return folder / "run"


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def tag_of(column):
    if column in GROUPS:
        return GROUPS[column]
    return column.replace("article_", "article/") if column.startswith("article_") else "val/" + column


def expected(run):
    """tag -> [(step, value)]"""
    curves = {}
    for row in rows(run / "steps.jsonl"):
        for key in "loss", "lr":
            curves.setdefault("step/" + key, []).append((row["step"], row[key]))
    for row in rows(run / "metrics.jsonl"):
        for key, value in row.items():
            if key != "epoch" and value is not None:
                curves.setdefault(tag_of(key), []).append((row["epoch"], value))
    return curves


def check(run):
    found = EventAccumulator(str(run), size_guidance={"scalars": 0, "images": 0})
    found.Reload()
    curves, wrong = expected(run), []
    if set(found.Tags()["scalars"]) != set(curves):
        wrong.append(f"names differ: {sorted(set(found.Tags()['scalars']) ^ set(curves))}")
    for tag in set(curves) & set(found.Tags()["scalars"]):
        points = [(event.step, event.value) for event in found.Scalars(tag)]
        same = len(points) == len(curves[tag]) and all(
            a == b and math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-30) for (a, x), (b, y) in zip(points, curves[tag]))
        if not same:
            wrong.append(f"{tag}: {points}, not {curves[tag]}")
    grids = {event.step: event for event in found.Images("grid")}
    files = sorted((run / "grids").glob("epoch_*.png"))
    if len(found.Images("grid")) != len(files) or not files:
        wrong.append(f"{len(found.Images('grid'))} grids for {len(files)} pictures")
    for path in files:
        png, event = path.read_bytes(), grids.get(int(path.stem[6:]))
        size = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
        if not event or event.encoded_image_string != png or (event.width, event.height) != size:
            wrong.append(f"the grid of {path.name} is another picture")
    for line in wrong:
        print(line)
    print(f"TensorBoard reads {len(curves)} curves and {len(files)} grids of {run}: {'WRONG' if wrong else 'as recorded'}")
    return not wrong


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    if len(sys.argv) == 3:
        sys.exit(not check(pathlib.Path(sys.argv[2])))
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(not check(train(os.path.abspath(sys.argv[1]), pathlib.Path(folder))))


if __name__ == "__main__":
    main()

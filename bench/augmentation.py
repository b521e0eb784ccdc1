"""What the data pipeline costs a training step: pairs of runs with and without augmentation, one after the other.

    python3 bench/augmentation.py [--width 16] [--rho 0] [--pairs 5] [--dataset fashion_mnist] [--options "--randaug"]

Each run is `sharpless train` for one epoch on a tenth of the set without evaluations in between; its steps_per_second counts training steps
alone, building the batch included. Printed: the median time of a step either way, and the median and range of the pairs' ratios.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


def seconds_per_step(arguments, *more):
    with tempfile.TemporaryDirectory() as folder:
        command = [
            os.path.join(ROOT, "sharpless"), "train", "--dataset", arguments.dataset, "--model-width", str(arguments.width), "--sam-rho", str(arguments.rho),
            "--epochs", "1", "--frac-train", "0.15", "--n-final-eval", "512", "--eval-iter-freq", "1000000", "--json", "--out", os.path.join(folder, "run"), *more]
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        return 1 / json.loads(result.stdout)["steps_per_second"]


parser = argparse.ArgumentParser()
parser.add_argument("--width", type=int, default=16)
parser.add_argument("--rho", type=float, default=0)
parser.add_argument("--pairs", type=int, default=5)
parser.add_argument("--dataset", default="fashion_mnist")
parser.add_argument("--options", default="", help="further options of the augmented run")
given = parser.parse_args()
plain, augmented = [], []
for pair in range(given.pairs):
    # Whoever goes first changes from pair to pair.
    runs = [(plain, ["--no-data-augm"]), (augmented, given.options.split())]
    for times, options in runs if pair % 2 == 0 else reversed(runs):
        times.append(seconds_per_step(given, *options))
ratios = [b / a for a, b in zip(plain, augmented)]
print(f"{given.dataset}, width {given.width}, rho {given.rho}, {given.pairs} pairs{', ' + given.options if given.options else ''}")
print(f"without augmentation {1000 * statistics.median(plain):.1f} ms a step, with {1000 * statistics.median(augmented):.1f} ms")
print(f"ratio: median {statistics.median(ratios):.3f}, {min(ratios):.3f} to {max(ratios):.3f}")

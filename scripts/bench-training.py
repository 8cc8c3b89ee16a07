#!/usr/bin/env python3
"""Training of a neural denoiser: this program beside the same recipe in PyTorch, on the same machine.

    scripts/bench-training.py target/release/geodyssey RUN [--steps N] [--pairs N] [--rounds N] [--threads N]

RUN is a finished run of configs/alanine-dipeptide-neural.toml, whose landscape and weights file say what is to be learned. Both
train the network of that file (same inputs, width, layers, activation, batch, Adam, cosine learning rate, moving average and
baseline) on as many pairs, drawn once; only the optimisation is timed (ours: a training less one of a single step). The two take
turns. PyTorch's held-out error is measured on pairs of its own. Needs torch, numpy and safetensors.
"""

import argparse
import csv
import json
import math
import os
import statistics
import struct
import subprocess
import tempfile
import time

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
CONFIG = os.path.join(HERE, "..", "configs", "alanine-dipeptide-neural.toml")
LANDSCAPE = ["landscape.csv", "landscape.json"]


def header(run):
    with open(os.path.join(run, "denoiser", "weights.safetensors"), "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        return json.loads(json.loads(file.read(size))["__metadata__"]["geodyssey"])


def exact_means(program, run, log_snr, y):
    """Posterior means by the exact denoiser of the run's landscape."""
    with tempfile.TemporaryDirectory() as folder:
        points = os.path.join(folder, "points.csv")
        with open(points, "w", encoding="utf-8") as file:
            file.write("log_snr,phi,psi\n")
            file.writelines(f"{a:.17g},{b[0]:.17g},{b[1]:.17g}\n" for a, b in zip(log_snr, y))
        exact = os.path.join(HERE, "..", "configs", "alanine-dipeptide.toml")
        command = [program, "posterior", exact, points, "--json", "--out", run]
        answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return np.array([point["mean"] for point in answer["points"]])


def hot_energy(run):
    """kT, kJ/mol, of the density that the noisy points are made of."""
    with open(os.path.join(run, "denoiser", "record.json"), encoding="utf-8") as file:
        return 8.314462618e-3 * 300.0 * json.load(file)["training"]["broadening"]


def draw(program, run, head, count, seed):
    """Noisy points made of samples of a density hotter than the landscape's, and their exact posterior means."""
    table = np.genfromtxt(os.path.join(run, "landscape.csv"), delimiter=",", names=True)
    grid = np.stack([table["phi_rad"], table["psi_rad"]], 1)
    energy = table["energy_kj_mol"] - table["energy_kj_mol"].min()
    spacing = np.diff(np.unique(np.round(grid[:, 0], 9))).min()
    random = np.random.default_rng(seed)
    weight = np.exp(-energy / hot_energy(run))
    cell = random.choice(len(grid), count, p=weight / weight.sum())
    x = grid[cell] + (random.random((count, 2)) - 0.5) * spacing
    low, high = head["log_snr"]
    log_snr = low + (high - low) * (np.arange(count) + random.random(count)) / count
    y = x + np.exp(-0.5 * log_snr)[:, None] * random.standard_normal((count, 2))
    return log_snr, y, exact_means(program, run, log_snr, y)


def baseline_means(head, log_snr, y):
    clusters = head["preconditioning"]["baseline"]["clusters"]
    weight, mean, variance = (np.array([c[key] for c in clusters]) for key in ("weight", "mean", "variance"))
    images = 2 * math.pi * np.array([[a, b] for a in range(-4, 5) for b in range(-4, 5)])
    result = np.empty_like(y)
    for i, (level, point) in enumerate(zip(log_snr, y)):
        noise = math.exp(-level)
        near = mean + 2 * math.pi * np.round((point - mean) / (2 * math.pi))
        span = images if noise > 0.5 else images[np.abs(images).max(1) < 7]
        centre, spread = near[:, None, :] + span, variance[:, None, :] + noise
        evidence = np.log(weight)[:, None] - 0.5 * ((centre - point) ** 2 / spread + np.log(spread)).sum(-1)
        share = np.exp(evidence - evidence.max())
        share /= share.sum()
        result[i] = (share[..., None] * (centre * noise + point * variance[:, None, :]) / spread).sum((0, 1))
    return result


def scales(head, log_snr):
    low, high = head["log_snr"]
    t = (2 * log_snr - low - high) / (high - low)
    return np.exp(np.stack([np.polyval(c[::-1], t) for c in head["preconditioning"]["log_scale"]], 1))


class Network(torch.nn.Module):
    def __init__(self, settings, low, high):
        super().__init__()
        self.harmonics, self.levels = settings["harmonics"], settings["level_frequencies"]
        self.low, self.high = low, high
        sizes = [1 + 2 * self.levels + 4 * self.harmonics] + [settings["width"]] * settings["hidden_layers"]
        self.hidden = torch.nn.ModuleList(torch.nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:]))
        self.last = torch.nn.Linear(sizes[-1], 2)
        for layer in self.hidden:
            torch.nn.init.normal_(layer.weight, 0, math.sqrt(2 / layer.in_features))
            torch.nn.init.zeros_(layer.bias)
        torch.nn.init.normal_(self.last.weight, 0, 0.3 / math.sqrt(sizes[-1]))
        torch.nn.init.zeros_(self.last.bias)

    def features(self, log_snr, y):
        t = ((2 * log_snr - self.low - self.high) / (self.high - self.low))[:, None]
        waves = [t]
        for k in range(1, self.levels + 1):
            waves += [torch.sin(math.pi / 2 * k * t), torch.cos(math.pi / 2 * k * t)]
        for k in range(1, self.harmonics + 1):
            waves += [torch.sin(k * y), torch.cos(k * y)]
        return torch.cat(waves, 1)

    def forward(self, x):
        for layer in self.hidden:
            x = layer(x)
            x = 0.5 * x * (1 + x * torch.rsqrt(1 + x * x))
        return self.last(x)


def torch_training(settings, steps, train, held_out):
    """Seconds of the optimisation, and the held-out loss of the averaged weights."""
    torch.manual_seed(1)
    network = Network(settings, *train["range"])
    # As in ours, the features of the pairs are computed once.
    with torch.no_grad():
        inputs = network.features(train["log_snr"], train["y"]).float()
    targets, count, batch = train["targets"].float(), len(train["y"]), settings["batch"]
    average = [p.detach().clone() for p in network.parameters()]
    optimiser = torch.optim.Adam(network.parameters(), lr=1.0, betas=tuple(settings["adam_decay"]), fused=True)
    order, place, started = torch.randperm(count), 0, time.perf_counter()
    for step in range(steps):
        if place + batch > count:
            order, place = torch.randperm(count), 0
        rows = order[place : place + batch]
        place += batch
        rate = settings["learning_rate"] * min(1, (step + 1) / settings["warm_up_steps"])
        optimiser.param_groups[0]["lr"] = rate * 0.5 * (1 + math.cos(math.pi * step / steps))
        loss = ((network(inputs[rows]) - targets[rows]) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        decay = min(settings["average_decay"], (1 + step) / (10 + step))
        torch._foreach_lerp_(average, [p.detach() for p in network.parameters()], 1 - decay)
    seconds = time.perf_counter() - started
    with torch.no_grad():
        for parameter, value in zip(network.parameters(), average):
            parameter.copy_(value)
        error = network(network.features(held_out["log_snr"], held_out["y"]).float()) - held_out["targets"].float()
    return seconds, float((error**2).mean())


def our_training(program, run, settings, steps, pairs, threads):
    """Seconds of the denoiser stage, and the held-out loss."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "run")
        passes = math.ceil(steps * settings["batch"] / pairs) + 1
        changes = {"steps": steps, "pairs_per_round": pairs, "passes_per_round": passes, "evaluate_every": max(steps, 1)}
        command = [program, "train", CONFIG, "--threads", str(threads), "--out", out]
        for key, value in changes.items():
            command += ["--set", f"denoiser.{key}={value}"]
        # The landscape is taken over from the finished run, which lies beside.
        subprocess.run(["cp", "-r", run, os.path.join(folder, "finished")], check=True)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(os.path.join(out, "timings.json"), encoding="utf-8") as file:
            stages = {stage["stage"]: stage for stage in json.load(file)["stages"]}
        with open(os.path.join(out, "denoiser", "training.csv"), encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return stages["denoiser"]["seconds"], float(rows[-1]["held_out_loss"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("run")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--pairs", type=int, default=32768)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    head = header(options.run)
    settings = head["settings"]["network"]

    def prepared(count, seed):
        log_snr, y, means = draw(options.program, options.run, head, count, seed)
        targets = (means - baseline_means(head, log_snr, y)) / scales(head, log_snr)
        data = {"log_snr": torch.tensor(log_snr), "y": torch.tensor(y), "targets": torch.tensor(targets)}
        return data | {"range": head["log_snr"]}

    train, held_out = prepared(options.pairs, 1), prepared(4096, 2)
    ours, theirs = [], []
    for number in range(options.rounds):
        whole, loss = our_training(options.program, options.run, settings, options.steps, options.pairs, options.threads)
        empty, _ = our_training(options.program, options.run, settings, 1, options.pairs, options.threads)
        ours.append((options.steps / (whole - empty), loss, whole))
        seconds, other = torch_training(settings, options.steps, train, held_out)
        theirs.append((options.steps / seconds, other))
        print(
            f"round {number + 1}: ours {ours[-1][0]:.0f} steps/s (held-out loss {loss:.2e}, with the pairs {whole:.1f} s), "
            f"PyTorch {theirs[-1][0]:.0f} steps/s (held-out loss {other:.2e})",
            flush=True,
        )
    mine, other = statistics.median(o[0] for o in ours), statistics.median(t[0] for t in theirs)
    print(f"median: ours {mine:.0f} steps/s, PyTorch {torch.__version__} {other:.0f} steps/s, ratio {mine / other:.2f}")


if __name__ == "__main__":
    main()

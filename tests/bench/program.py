#!/usr/bin/python3
"""What the program costs around training: start-up, memory, reading images, trials by the thousand, two workers.

    tests/bench/program.py [--basin build/basin] [--rounds 7] [--large]

Wall-clock seconds, medians of fresh processes; memory is the peak of the program or its largest worker. --large also stores
100,000 trials (minutes) and shows and plots them.
"""
import argparse, os, shutil, statistics, subprocess, tempfile, time

TOY = "data: {name: sine, rows: 64, test: 64}\nmodel: {name: mlp, hidden: [8], activation: tanh}\nloss: mse\n"
REGRESSION = "data: {name: lecture-regression}\nmodel: {name: mlp, hidden: [64, 64], activation: tanh}\nloss: mse\n"
IMAGES = "data: {name: fashion-mnist, %s}\nloss: cross-entropy\n"
MLP = "model: {name: mlp, hidden: [256, 128], activation: relu}\n"
ADAM = "optimizer: adam\ntrain: {batch: 64, steps: %d}\n"


class Bench:
    def __init__(self, program, rounds):
        self.program, self.rounds, self.folder = os.path.abspath(program), rounds, tempfile.mkdtemp(prefix="basin-bench-")

    def once(self, study, *words, fresh=True):
        """Seconds and peak megabytes of one run."""
        if fresh:
            shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder, exist_ok=True)
        with open(self.folder + "/study.yaml", "w") as f:
            f.write("study: x\n" + study)
        start = time.perf_counter()
        child = subprocess.Popen([self.program, "run", self.folder + "/study.yaml", "--quiet", "--out", self.folder, *words])
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        if status:
            raise SystemExit(f"exit status {status}")
        return time.perf_counter() - start, usage.ru_maxrss / 1024

    def middle(self, study, *words, fresh=True):
        seen = [self.once(study, *words, fresh=fresh) for _ in range(self.rounds)]
        return [statistics.median(s[i] for s in seen) for i in range(2)]

    def command(self, *words):
        start = time.perf_counter()
        subprocess.run([self.program, *words], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--basin", default="build/basin")
    p.add_argument("--rounds", type=int, default=7)
    p.add_argument("--large", action="store_true")
    a = p.parse_args()
    b = Bench(a.basin, a.rounds)
    say = lambda what, value, unit: print(f"{what:66}{value:10.4g} {unit}", flush=True)

    say("start and end (`basin list optimizer`)", 1e3 * statistics.median(b.command("list", "optimizer") for _ in range(21)), "ms")
    one = b.middle(TOY + ADAM % 1)
    say("a whole run of one step, database and all", 1e3 * one[0], "ms")
    say("the same run again: nothing to do", 1e3 * b.middle(TOY + ADAM % 1, fresh=False)[0], "ms")
    say("peak memory, lecture's regression", b.once(REGRESSION + ADAM % 2000)[1], "MB")
    say("peak memory, Fashion-MNIST 784-256-128-10, 60,000 rows", b.once(IMAGES % "test: none" + MLP + ADAM % 200)[1], "MB")
    few = IMAGES % "train: 100, test: none" + "model: linear\n"
    b.once(few + ADAM % 1)
    say("Fashion-MNIST read (a run on 100 of its rows, less one of the toy)", 1e3 * (b.middle(few + ADAM % 1)[0] - one[0]), "ms")

    four = IMAGES % "train: 10000, test: none" + MLP + ADAM % 1500 + "seeds: 4\n"
    ratios = [b.once(four, "--jobs", "1")[0] / b.once(four, "--jobs", "2")[0] for _ in range(3)]
    say("two workers against one, four trials", statistics.median(ratios), "times")

    grid = "optimizer: sgd\ntrain: {batch: 64, steps: %d}\nvary: {optimizer.lr: {log: [1e-4, 1e-1], points: %d}}\nseeds: 100\n"
    small, large = b.once(TOY + grid % (10, 10))[1], b.once(TOY + grid % (10, 100))
    say("a trial of 10,000 short ones, its training included", 1e3 * large[0] / 10000, "ms")
    say("peak memory of these 10,000, less that of 1,000", large[1] - small, "MB")
    if a.large:
        say("a trial of 100,000", 1e3 * b.once(TOY + grid % (1, 1000))[0] / 100000, "ms")
        say("show of 100,000 trials", b.command("show", b.folder + "/x"), "s")
        say("plot of 100,000 trials (lr-sensitivity)", b.command("plot", b.folder + "/x", "lr-sensitivity"), "s")
        say("run again: nothing to do", b.once(TOY + grid % (1, 1000), fresh=False)[0], "s")
    shutil.rmtree(b.folder)


main()

# SPDX-License-Identifier: Apache-2.0

"""A thousand images between registries that fail in every way a registry or a line can: all arrive, and are right."""

import collections
import os

from ..faultplan import KINDS
from ..faultproxy import FaultProxy
from .trial import mebibytes, moved, wrong

#: Sets of seed-registry with their scales: a thousand images, but for `fleet` and `multiarch`, of which a hundred are as many bytes
#: and requests.
WORKLOADS = {
    "mixed": {"tiny": 0.86, "multiarch": 1.925, "fleet": 0.3, "big": 0.1},
    "tiny": {"tiny": 1},
    "fleet": {"fleet": 0.5},
    "multiarch": {"multiarch": 2.5},
}
AMPLIFICATION = 1.5
#: Layers of more than four times this size go up in pieces.
PIECE = "256KiB"
#: Failed items of one run that are shown with the faults they met.
SHOWN = 10


def play(trial):
    options = trial.options
    with trial.registry("source") as source:
        references = trial.fill_sets(source, WORKLOADS[options.workload])
        campaign = Campaign(trial, source, references)
        groups = [[kind] for kind in options.kinds] if options.alone else [options.kinds]
        for kinds in groups:
            for seed in range(options.seed, options.seed + options.seeds):
                campaign.play(seed, kinds)
        campaign.conclude()


class Campaign:
    """Runs over one list, each into an empty registry and with a seed of its own."""

    def __init__(self, trial, source, references):
        self.trial, self.source, self.references = trial, source, references
        self.kept = collections.Counter()
        self.runs = 0
        self.worst = 0.0
        self.played = collections.Counter()
        with trial.registry("target") as target:
            self.quiet = Copy(self, target, "quiet", 0, [])
        self.quiet.run.must_end_well()
        trial.say(f"  without faults: {self.quiet.requests} requests, {mebibytes(self.quiet.run.bytes_sent)} sent")

    def play(self, seed, kinds):
        name = f"seed {seed}" + (f", {kinds[0]}" if len(kinds) == 1 else "")
        with self.trial.registry("target") as target:
            copy = Copy(self, target, name.replace(", ", "-").replace(" ", "-"), seed, kinds)
            found = copy.wrong()
        self.runs += 1
        self.played += copy.played
        amplification = copy.requests / self.quiet.requests
        self.worst = max(self.worst, amplification)
        holds = {
            "exit code 0": copy.run.exit == 0,
            "no item fails": len(copy.pairs) == len(self.references),
            "every image that is told as copied is right": not found,
            f"at most {AMPLIFICATION} times the requests": amplification <= AMPLIFICATION,
            "every upload is ended or cancelled": not copy.sessions,
        }
        self.kept.update({sentence: int(kept) for sentence, kept in holds.items()})
        self.trial.say(
            f"{name}: {'kept' if all(holds.values()) else 'BROKEN'}: {len(copy.pairs)} of {len(self.references)} items copied, "
            f"{len(found)} of them wrong, ×{amplification:.2f}; {copy}")
        copy.explain(found)

    def conclude(self):
        faults = ", ".join(f"{kind} {count}" for kind, count in sorted(self.played.items()))
        self.trial.say(f"  faults played: {self.played.total()}: {faults}")
        for sentence, count in self.kept.items():
            more = f", ×{self.worst:.2f} at most" if sentence.startswith("at most") else ""
            self.trial.promise(sentence, count == self.runs, f"{count} of {self.runs} runs{more}")


class Copy:
    """One run with a front that plays faults before each registry, and what came of it."""

    def __init__(self, campaign, target, name, seed, kinds):
        trial = campaign.trial
        self.trial, options = trial, trial.options
        share = options.faults / 100 if kinds else 0
        fronts = [(campaign.source.address, "source"), (target.address, "target")]
        near, far = (FaultProxy(address, side, share, seed, kinds, options.stall) for address, side in fronts)
        with near, far:
            pairs = [(moved(one, near.address), moved(one, far.address, "mirror/")) for one in campaign.references]
            self.run = trial.run(trial.command(pairs, name, "--chunk-size", PIECE))
            facts = [near.ask(), far.ask()]
        arrived = set(self.run.pairs("copied"))
        #: What the run says it copied, without the fronts.
        self.pairs = [
            (one, moved(one, target.address, "mirror/")) for one, pair in zip(campaign.references, pairs) if pair in arrived]
        self.requests = sum(fact["requests"] for fact in facts)
        self.played = facts[0]["played"] + facts[1]["played"]
        self.log = sorted((*entry, side) for fact, (_, side) in zip(facts, fronts) for entry in fact["log"])
        #: Uploads that the program knew of and neither ended nor cancelled.
        self.sessions, self.steps = facts[1]["sessions"], facts[1]["steps"]

    def __str__(self):
        return (
            f"exit {self.run.exit}, {self.requests} requests, {mebibytes(self.run.bytes_sent)} sent, {self.played.total()} faults, "
            f"{self.sessions} uploads left open, {self.run.wall} s, {self.run.peak} MiB")

    def wrong(self):
        return wrong(self.pairs, hashes=True)

    def explain(self, found):
        """What failed, and which faults it met."""
        for target, error in list(self.run.errors.items())[:SHOWN]:
            repository = target.split("/", 1)[1].rpartition(":")[0].removeprefix("mirror/")
            self.trial.say(f"  {repository}: {error}")
            for when, kind, request, side in self.log:
                if f"/{repository}/" in request:
                    self.trial.say(f"    {when:7.2f} s {side}: {kind}: {request}")
        for steps in self.steps[:SHOWN]:
            self.trial.say("  left open: " + "; ".join(steps))
        for sentence in found[:SHOWN]:
            self.trial.say(f"  wrong: {sentence}")
        if self.run.exit not in (0, 1):
            self.trial.say(f"  {self.run.notes[-2000:]}")
        if self.trial.options.logs:
            self._keep()

    def _keep(self):
        """All faults of the run, and what the program wrote, in files."""
        os.makedirs(self.trial.options.logs, exist_ok=True)
        path = os.path.join(self.trial.options.logs, self.run.name)
        with open(path + ".faults", "w") as file:
            file.writelines(f"{when}\t{side}\t{kind}\t{request}\n" for when, kind, request, side in self.log)
        with open(path + ".log", "w") as file:
            file.write(self.run.notes)
        with open(path + ".errors", "w") as file:
            file.writelines(f"{target}\t{error}\n" for target, error in self.run.errors.items())


def kinds(chosen, without):
    """The kinds of fault to play, of which there are those in KINDS."""
    named = [kind for text in chosen for kind in text.split(",")] or list(KINDS)
    left_out = {kind for text in without for kind in text.split(",")}
    if unknown := (set(named) | left_out) - set(KINDS):
        raise SystemExit(f"error: no such fault: {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    return [kind for kind in named if kind not in left_out]

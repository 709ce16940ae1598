# SPDX-License-Identifier: Apache-2.0

"""A batch that is killed again and again, and goes on each time: the result is the same, and nothing is sent twice."""

import json
import signal
import subprocess
import time

from ..faultproxy import FaultProxy
from .trial import moved, wrong

#: 200 images: 150 small ones, 20 indexes, 30 over shared layers.
IMAGES = {"tiny": 0.15, "multiarch": 0.5, "fleet": 0.15}
#: How often a batch is killed on its way into one registry.
KILLS = 10
#: Seconds that pass at most between the write that a kill waits for and the kill.
DELAY = 0.02


def play(trial):
    with trial.registry("source") as source:
        references = trial.fill_sets(source, IMAGES)
        undisturbed = Chain(trial, references, 0)
        undisturbed.play([])
        undisturbed.run.must_end_well()
        killed, chains = 0, []
        while killed < trial.options.times:
            count = min(KILLS, trial.options.times - killed)
            points = sorted(trial.random.sample(range(undisturbed.written), count))
            chain = Chain(trial, references, len(chains) + 1)
            killed += chain.play(points)
            chains.append(chain)
        conclude(trial, chains, killed, len(chains) * len(references))


def conclude(trial, chains, killed, listed):
    ended = sum(chain.run.exit == 0 for chain in chains)
    whole = sum(chain.arrived for chain in chains)
    found = [sentence for chain in chains for sentence in chain.wrong]
    twice = [sentence for chain in chains for sentence in chain.twice]
    again = [sentence for chain in chains for sentence in chain.again]
    trial.promise("every last run ends well", ended == len(chains), f"{ended} of {len(chains)} runs after {killed} kills")
    trial.promise("every item arrives", whole == listed, f"{whole} of {listed} items")
    trial.promise("every target is right", not found, found[0] if found else f"{len(chains)} targets read")
    trial.promise("no blob is committed twice in a repository", not twice,
                  f"{len(twice)} blobs, such as {twice[0]}" if twice else f"{sum(chain.commits for chain in chains)} commits")
    trial.promise("no item is copied again once it was told as copied", not again,
                  f"{len(again)} items, such as {again[0]}" if again else f"{sum(chain.told for chain in chains)} items told before a kill")


class Chain:
    """A run into an empty registry that is killed at a random moment; the next one over the same list is killed further on, and so
    on. Then comes one that ends by itself."""

    def __init__(self, trial, references, number):
        self.trial, self.references, self.number = trial, references, number
        #: Targets that a run told as copied; those that another one copied again.
        self.finished, self.again = set(), []

    def play(self, points):
        """Kills a run each time the registry has taken so many writes, in order; how often."""
        with self.trial.registry("target") as target, FaultProxy(target.address, "target") as front:
            pairs = [(one, moved(one, front.address, "mirror/")) for one in self.references]
            command = self.trial.command(pairs, f"kills-{self.number}")
            killed = sum(self._killed(command, front.written, point) for point in points)
            self.told = len(self.finished)
            self.run = self.trial.run(command)
            self._take([pair[1] for pair in self.run.pairs("copied")])
            self.arrived = len(self.run.pairs("copied")) + len(self.run.pairs("unchanged"))
            self.wrong = wrong([(one, moved(one, target.address, "mirror/")) for one in self.references], hashes=True)
            facts = front.ask()
        self.written = front.written.value
        self._judge(facts)
        self.trial.say(
            f"  {killed} kills, after {', '.join(map(str, points)) or 'no'} of {self.written} writes; {self.commits} commits, "
            f"{len(self.twice)} of them again, {self.repeated} manifests again, {len(self.wrong)} wrong")
        return killed

    def _judge(self, facts):
        self.commits = facts["commits"].total()
        self.twice = [
            f"{digest} in {repository}, {count} times" for (repository, digest), count in facts["commits"].items() if count > 1]
        #: No broken promise: a run may be killed before it hears that a manifest was taken.
        self.repeated = sum(count - 1 for count in facts["manifests"].values())

    def _killed(self, command, written, point):
        """Starts a run and kills it at this point; false if it ended before, and well."""
        output = self.trial.path("killed.json")
        with open(output, "wb") as told, open(self.trial.path("killed.log"), "wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=told, stderr=log)
            while written.value < point and process.poll() is None:
                time.sleep(0.001)
            time.sleep(self.trial.random.uniform(0, DELAY))
            process.kill()
            exit = process.wait()
        if exit not in (0, -signal.SIGKILL):
            raise RuntimeError(f"a run that nothing disturbs ended with exit {exit}")
        with open(output) as told:
            # The last line may be cut where the kill fell.
            items = [json.loads(line) for line in told if line.endswith("\n")]
        self._take([item["target"] for item in items if item["status"] == "copied"])
        return exit == -signal.SIGKILL

    def _take(self, copied):
        """What a run told as copied: each item once, in whatever run."""
        self.again += [target for target in copied if target in self.finished]
        self.finished.update(copied)

"""A batch that is killed again and again, and goes on each time: the result is the same, and nothing is sent twice."""

import subprocess

from ..faultproxy import FaultProxy
from .trial import moved, wrong

#: 200 images: 150 small ones, 20 indexes, 30 over shared layers.
IMAGES = {"tiny": 0.15, "multiarch": 0.5, "fleet": 0.15}


def play(trial):
    with trial.registry("source") as source:
        references = trial.fill_sets(source, IMAGES)
        undisturbed = Chain(trial, references, 0)
        undisturbed.play(kills=0, seconds=0)
        undisturbed.run.must_end_well()
        killed, chains = 0, []
        while killed < trial.options.times:
            chain = Chain(trial, references, len(chains) + 1)
            killed += chain.play(trial.options.times - killed, undisturbed.run.wall)
            chains.append(chain)
        found = [sentence for chain in chains for sentence in chain.wrong]
        twice = [sentence for chain in chains for sentence in chain.twice]
        ended = sum(chain.run.exit == 0 for chain in chains)
        whole = sum(chain.arrived for chain in chains)
        trial.promise("every last run ends well", ended == len(chains), f"{ended} of {len(chains)} runs after {killed} kills")
        listed = len(chains) * len(references)
        trial.promise("every item arrives", whole == listed, f"{whole} of {listed} items")
        trial.promise("every target is right", not found, found[0] if found else f"{len(chains)} targets read")
        trial.promise("no blob is committed twice in a repository", not twice,
                      f"{len(twice)} blobs, such as {twice[0]}" if twice else f"{sum(chain.commits for chain in chains)} commits")


class Chain:
    """A run into an empty registry that is killed at a random moment; the next one over the same list is killed, too, and so on
    until one ends by itself. Then comes a last one."""

    def __init__(self, trial, references, number):
        self.trial, self.references, self.number = trial, references, number

    def play(self, kills, seconds):
        """Kills at most so often, each time within so many seconds; how often."""
        with self.trial.registry("target") as target, FaultProxy(target.address, "target") as front:
            pairs = [(one, moved(one, front.address, "mirror/")) for one in self.references]
            command = self.trial.command(pairs, f"kills-{self.number}")
            killed = 0
            while killed < kills and self._killed(command, self.trial.random.uniform(0, seconds)):
                killed += 1
            self.run = self.trial.run(command)
            self.arrived = len(self.run.pairs("copied")) + len(self.run.pairs("unchanged"))
            self.wrong = wrong([(one, moved(one, target.address, "mirror/")) for one in self.references], hashes=True)
            commits = front.ask()["commits"]
        self.commits = commits.total()
        self.twice = [f"{digest} in {repository}, {count} times" for (repository, digest), count in commits.items() if count > 1]
        self.trial.say(f"  {killed} kills, {self.commits} commits, {len(self.twice)} of them again, {len(self.wrong)} wrong")
        return killed

    def _killed(self, command, seconds):
        """Starts a run and kills it after so many seconds; false if it ended before, and well."""
        with open(self.trial.path("killed.log"), "wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                if process.wait(seconds) != 0:
                    raise RuntimeError(f"a run that nothing disturbs ended with exit {process.returncode}")
                return False
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                return True

"""Runs a command and says what it cost."""

import os
import subprocess
import time


def run(command, log_path, environment=None, timeout=3600):
    """Wall and CPU seconds and peak memory of a command and everything it waited for.

    The peak is that of the largest single process: a loop that runs eight tools at once needs more than it says.
    """
    with open(log_path, "wb") as log:
        begin = time.monotonic()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **(environment or {})}
        )
        status, usage = _wait(process, begin + timeout)
        wall = time.monotonic() - begin
    return {
        "wall": round(wall, 3),
        "cpu": round(usage.ru_utime + usage.ru_stime, 3),
        "peakMiB": round(usage.ru_maxrss / 1024, 1),
        "exit": os.waitstatus_to_exitcode(status),
    }


def _wait(process, deadline):
    pause = 0.001
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return status, usage
        if time.monotonic() > deadline:
            process.kill()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            return status, usage
        time.sleep(pause)
        pause = min(pause * 1.5, 0.01)

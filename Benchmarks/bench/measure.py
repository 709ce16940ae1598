# SPDX-License-Identifier: Apache-2.0

"""Runs a command and says what it cost."""

import json
import os
import subprocess
import sys
import threading

#: Forks, runs, waits, and writes what the command used to descriptor 3. A process's peak memory on Linux begins with that of
#: the program it was forked from, so the command is not started from here but from an interpreter that holds nothing.
LAUNCHER = """
import os, sys
begin = __import__("time").monotonic()
pid = os.fork()
if pid == 0:
    os.close(3)
    try:
        os.execvp(sys.argv[1], sys.argv[1:])
    finally:
        os._exit(127)
_, status, usage = os.wait4(pid, 0)
wall = __import__("time").monotonic() - begin
os.write(3, b"[%f, %f, %d, %d]" % (wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, status))
"""


def run(command, log_path, environment=None, timeout=3600, receive=None):
    """Wall and CPU seconds and peak memory of a command and everything it waited for.

    The peak is that of the largest single process: a loop that runs eight tools at once needs more than it says. What is
    below 7 MiB is the interpreter the command was forked from. `receive` is called with each line of standard output as it
    comes; without it they go where standard error goes, to the log.
    """
    reader, writer = os.pipe()
    launcher = [sys.executable, "-I", "-S", "-c", f"import os; os.dup2({writer}, 3)\n{LAUNCHER}", *command]
    with open(log_path, "wb") as log, os.fdopen(reader) as usage:
        process = subprocess.Popen(
            launcher, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if receive else log, stderr=log, pass_fds=[writer],
            start_new_session=True, env={**os.environ, **(environment or {})},
        )
        os.close(writer)
        deadline = threading.Timer(timeout, os.killpg, (process.pid, 9))
        deadline.start()
        for line in process.stdout or ():
            receive(line)
        process.wait()
        deadline.cancel()
        used = usage.read()
    if not used:
        return {"wall": float(timeout), "cpu": None, "peakMiB": None, "exit": None}
    wall, cpu, peak, status = json.loads(used)
    exit_code = os.waitstatus_to_exitcode(status)
    return {"wall": round(wall, 3), "cpu": round(cpu, 3), "peakMiB": round(peak / 1024, 1), "exit": exit_code}

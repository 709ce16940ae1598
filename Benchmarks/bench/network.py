# SPDX-License-Identifier: Apache-2.0

"""Network namespaces of the Linux kernel: a network of the benchmark's own, and one for each registry behind a link."""

import ctypes
import fcntl
import os
import shutil
import struct
import subprocess

NEW_MOUNTS, NEW_USER, NEW_NETWORK = 0x00020000, 0x10000000, 0x40000000
BIND, PRIVATE_BELOW = 0x1000, 0x4000 | 0x40000
DIE_WITH_PARENT = 1

_c = ctypes.CDLL(None, use_errno=True)


def _call(function, *arguments):
    if function(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def become_line():
    """Makes this process behave as a line does: it goes before everything else on the machine, and ends with its parent."""
    _call(_c.prctl, DIE_WITH_PARENT, 9, 0, 0, 0)
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        pass  # without the right, a busy machine makes the line slower than asked; the report shows what it measured


def ip(command):
    subprocess.run(["ip", *command.split()], check=True, stdin=subprocess.DEVNULL)


def enter_private():
    """Moves this process into a network of its own, where only loopback is; false where the system does not allow it.

    Must be called while the process has one thread. Without root, a user namespace gives the right.
    """
    if not shutil.which("ip"):
        return False
    user, group = os.getuid(), os.getgid()
    try:
        _call(_c.unshare, NEW_NETWORK if user == 0 else NEW_USER | NEW_NETWORK)
    except OSError:
        return False
    if user != 0:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    ip("link set lo up")
    return True


class HostNames:
    """Names of hosts that this process, and all that it starts from now on, find without a resolver.

    The file of names is a private one: the machine's own stays as it is. Needs a private network (`enter_private`).
    """

    def __init__(self, folder):
        self.path, self.addresses = os.path.join(folder, "hosts"), {"localhost": "127.0.0.1"}
        self._write()
        _call(_c.unshare, NEW_MOUNTS)
        _call(_c.mount, b"none", b"/", None, PRIVATE_BELOW, None)
        _call(_c.mount, self.path.encode(), b"/etc/hosts", None, BIND, None)

    def lead(self, name, address):
        self.addresses[name] = address
        self._write()

    def _write(self):
        with open(self.path, "w") as file:
            file.writelines(f"{address} {name}\n" for name, address in self.addresses.items())


class Namespace:
    """The network this process is in, or a new one beside it. Use in a `with` statement to work inside."""

    def __init__(self):
        self.descriptor = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    @classmethod
    def new(cls):
        before = cls()
        _call(_c.unshare, NEW_NETWORK)
        created = cls()
        ip("link set lo up")
        before.enter()
        before.close()
        return created

    def enter(self):
        _call(_c.setns, self.descriptor, NEW_NETWORK)

    def __enter__(self):
        self._before = Namespace()
        self.enter()
        return self

    def __exit__(self, *_):
        self._before.enter()
        self._before.close()

    def close(self):
        os.close(self.descriptor)


def open_tunnel(name):
    """A device whose packets this process reads and writes: whole segments of up to 64 KiB, each with its checksum's header."""
    tun, no_packet_information, offload_header = 0x0001, 0x1000, 0x4000
    checksum, segments4, segments6 = 0x01, 0x02, 0x04
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    request = struct.pack("16sH22x", name.encode(), tun | no_packet_information | offload_header)
    fcntl.ioctl(device, 0x400454CA, request)  # TUNSETIFF
    fcntl.ioctl(device, 0x400454D0, checksum | segments4 | segments6)  # TUNSETOFFLOAD
    return device


def opened_connections(process_id):
    """Connections accepted so far in the network of a process."""
    with open(f"/proc/{process_id}/net/snmp") as file:
        rows = [line.split() for line in file if line.startswith("Tcp:")]
    return int(dict(zip(*rows))["PassiveOpens"])

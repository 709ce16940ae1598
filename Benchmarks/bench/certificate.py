# SPDX-License-Identifier: Apache-2.0

"""A certificate for the registries of a benchmark, which every program of it trusts for as long as it runs."""

import os
import subprocess

HOSTS = ["127.0.0.1", *(f"10.98.{number}.2" for number in range(1, 5))]


class Certificate:
    def __init__(self, folder):
        self.chain, self.key = os.path.join(folder, "registry.pem"), os.path.join(folder, "registry.key")
        names = ",".join(f"IP:{host}" for host in HOSTS)
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=benchmark".split()
        subprocess.run(
            [*command, "-addext", f"subjectAltName={names}", "-keyout", self.key, "-out", self.chain],
            check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )

    def trust(self):
        """In this process and in all it starts from now on."""
        os.environ["SSL_CERT_FILE"] = self.chain

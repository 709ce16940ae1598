# SPDX-License-Identifier: Apache-2.0

"""Certificates for the hosts of a benchmark, from an authority that every program of it trusts for as long as it runs."""

import os
import subprocess

#: Nothing of the system's defaults: extensions are named with each certificate.
CONFIGURATION = "[req]\ndistinguished_name = name\n[name]\n"


class Certificate:
    def __init__(self, chain, key):
        self.chain, self.key = chain, key


class Authority:
    def __init__(self, folder):
        self.folder = folder
        self.configuration = os.path.join(folder, "openssl.conf")
        with open(self.configuration, "w") as file:
            file.write(CONFIGURATION)
        self.own = self._issue("authority", ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"])

    def trust(self):
        """In this process and in all it starts from now on."""
        os.environ["SSL_CERT_FILE"] = self.own.chain
        # Reading a system's folder of certificates would be part of every tool's CPU time.
        os.environ.pop("SSL_CERT_DIR", None)

    def certificate(self, name, subjects):
        """For hosts, each named as in `DNS:hub.test` or `IP:127.0.0.1`."""
        extensions = ["basicConstraints=critical,CA:FALSE", "extendedKeyUsage=serverAuth", f"subjectAltName={','.join(subjects)}"]
        return self._issue(name, extensions, ["-CA", self.own.chain, "-CAkey", self.own.key])

    def _issue(self, name, extensions, signer=()):
        made = Certificate(os.path.join(self.folder, f"{name}.pem"), os.path.join(self.folder, f"{name}.key"))
        command = ["openssl", "req", "-x509", "-config", self.configuration, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        command += ["-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", made.key, "-out", made.chain, *signer]
        for extension in extensions:
            command += ["-addext", extension]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"error: openssl made no certificate for {name}: {done.stderr.strip()}")
        return made

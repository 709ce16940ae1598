// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

typealias ParsableCommandBase = ParsableCommand

struct TransshipRoot: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transship",
        abstract: "Move container images between registries, each byte once.",
        discussion: """
            EXAMPLES
              Find the images that files name, and copy them to one place:
                transship scan . --format list > images.txt
                transship batch images.txt --to registry.example/mirror
              What that would cost, without moving a byte:
                transship plan images.txt --to registry.example/mirror
              Prove that everything arrived, and point the files at the copies:
                transship verify images.txt --to registry.example/mirror
                transship rewrite . --to registry.example/mirror --write
              Copy one image, as gcrane does:
                transship cp debian:buster registry.example/mirror/debian:buster
              Try it without a registry of your own:
                transship registry serve --address 127.0.0.1:5000

            ENVIRONMENT
              DOCKER_CONFIG  folder of the config.json that holds credentials (default:
              ~/.docker); transship auth --help names the other places
              HTTP_PROXY, HTTPS_PROXY, NO_PROXY  proxies, in upper or lower case
              SSL_CERT_FILE, SSL_CERT_DIR  certificates to trust: a file instead of the
              system's, folders divided by colons besides them

            EXIT CODES
              The commands shared with gcrane: 0 done, 1 failed. The others: 0 everything
              done; 1 some items failed; 2 usage or unreadable input, nothing tried; 3 every
              item failed; 4 stopped by a pull quota; 5 credentials refused; 129, 130 and 143
              on SIGHUP, SIGINT and SIGTERM.
            """,
        version: Version.line,
        subcommands: [
            BatchCommand.self, PlanCommand.self, CheckCommand.self, VerifyCommand.self, ReportCommand.self,
            ScanCommand.self,
            RewriteCommand.self, PullsCommand.self, RegistryCommand.self, BenchCommand.self, ManCommand.self,
        ])
}

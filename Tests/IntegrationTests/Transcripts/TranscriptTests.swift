// SPDX-License-Identifier: Apache-2.0

import Foundation
import ProtocolCases
import Testing

/// What scripts see of this program in gcrane's place, line by line.
///
/// The shared ones must pass for the originals, too: `Originals`.
@Suite struct TranscriptTests {

    @Test(arguments: Transcript.all("Shared"))
    func `says and does what gcrane does`(transcript: Transcript) async throws { try await play(transcript) }

    @Test(.covers("T08"), .disabled(if: Originals.arePlayed), arguments: Transcript.all("Own"))
    func `says and does its own where it is meant to differ`(transcript: Transcript) async throws {
        try await play(transcript)
    }

    private func play(_ transcript: Transcript) async throws {
        var played = ""
        try await Stage.with { stage in
            for step in transcript.steps {
                let lines = try await stage.play(step.command)
                played += (["$ " + step.command] + lines).joined(separator: "\n") + "\n\n"
                #expect(lines == step.expected(ofOriginal: Originals.arePlayed), "\(step.command)")
            }
        }
        try Originals.record(played, as: transcript.name)
    }

    /// gcrane needs 2 requests and one for each blob at the source, 3 and four for each blob at the target.
    @Test func `a small image costs no more requests than gcrane makes`() async throws {
        try await Stage.with { stage in
            let (source, target) = (stage.requests.source.count, stage.requests.target.count)
            _ = try await stage.play("gcrane cp {source}/shapes/oci:v1 {target}/app:v1")
            #expect(stage.requests.source.count - source <= 2 + 3)
            #expect(stage.requests.target.count - target <= 3 + 4 * 3)
            let (sourceNow, targetNow) = (stage.requests.source.count, stage.requests.target.count)
            _ = try await stage.play("gcrane cp {source}/shapes/oci:v1 {target}/app:v1")
            #expect(stage.requests.source.count - sourceNow <= 2)
            #expect(stage.requests.target.count - targetNow <= 2)
        }
    }

    /// The loop that people have, with nothing but a link in its way.
    @Test func `a shell loop around gcrane copies a list`() async throws {
        try await Stage.with { stage in
            let images = ["oci:v1", "docker:v1", "index:v1", "zstd:v1"].map { "shapes/\($0)" }
            let output = try await stage.runScript(
                """
                #!/bin/bash
                set -e
                for img in \(images.joined(separator: " ")); do
                  gcrane cp {source}/${img} {target}/mirror/${img}
                  [ "$(gcrane digest {source}/${img})" = "$(gcrane digest {target}/mirror/${img})" ]
                done
                gcrane catalog {target}
                """)
            #expect(output.status == 0, "\(output)")
            #expect(output.lines == ["docker", "index", "oci", "zstd"].map { "mirror/shapes/\($0)" })
        }
    }

    /// The migration guide's way: a file of images, a loop, and a message for each. Only the hosts are this machine's.
    @Test func `the guide's loop over a file of images runs unchanged with a link in gcrane's place`() async throws {
        try await Stage.with { stage in
            let script = """
                #!/bin/bash
                copy_to() {
                  local failed=0
                  while IFS= read -r img; do
                    if gcrane cp "${img}" "${LOCATION}/${AR_PROJECT}/${img#*/}"; then
                      echo "Copied ${img}"
                    else
                      echo "Failed to copy ${img}"
                      failed=1
                    fi
                  done < images.txt
                  return "${failed}"
                }
                copy_to
                """
            let images = ["oci:v1", "docker:v1", "nosuch:v1", "index:v1"].map { "{source}/shapes/\($0)" }
            let finished = try await stage.runScript(
                script, files: ["images.txt": images.map { $0 + "\n" }.joined()],
                environment: ["LOCATION": "{target}", "AR_PROJECT": "project/mirror"])
            #expect(finished.status == 1, "\(finished)")
            let said = images.map { ($0.contains("nosuch") ? "Failed to copy " : "Copied ") + stage.filled($0) }
            #expect(finished.lines == said)
            for name in ["oci", "docker", "index"] {
                let there = try await stage.play("gcrane digest {target}/project/mirror/shapes/\(name):v1")
                #expect(there == ["> sha256:{\(name)}", "= 0"])
            }
        }
    }

    /// What is made of files has to be files again, whoever packed them.
    @Test func `layers that were appended unpack with tar, packed before or not, from files and from pipes`()
        async throws
    {
        try await Stage.with { stage in
            let script = """
                set -e
                mkdir files && echo hello > files/a
                tar cf plain.tar -C files . && gzip -k plain.tar
                for file in plain.tar plain.tar.gz; do
                  crane append -f $file -t {target}/made:$file
                  cat $file | crane append -b {source}/shapes/no-layers:v1 -f - -t {target}/piped:$file
                  crane mutate {source}/shapes/no-layers:v1 --append <(cat $file) -o $file.image
                  crane push $file.image {target}/saved:$file
                  for image in made piped saved; do
                    layer=$(crane manifest {target}/$image:$file | sed 's/.*"layers"://' | grep -o 'sha256:[0-9a-f]*')
                    crane blob {target}/$image@$layer | tar xzO ./a
                    crane config {target}/$image:$file | grep -c $(sha256sum plain.tar | cut -d' ' -f1)
                    crane validate --remote {target}/$image:$file
                  done
                done
                """
            let finished = try await stage.runScript(script, environment: [:])
            #expect(finished.status == 0, "\(finished)")
            let names = ["made", "piped", "saved"]
            #expect(finished.lines.filter { $0 == "hello" }.count == 2 * names.count, "\(finished)")
            #expect(finished.lines.filter { $0 == "1" }.count == 2 * names.count, "\(finished)")
            #expect(finished.lines.filter { $0.hasPrefix("PASS: ") }.count == 2 * names.count, "\(finished)")
        }
    }

    @Test func `there are enough of them`() {
        #expect((Transcript.all("Shared") + Transcript.all("Own")).flatMap(\.steps).count >= 60)
    }
}

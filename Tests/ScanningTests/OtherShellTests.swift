// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Commands of Windows' shells, in files and in steps.
@Suite struct OtherShellTests {
    @Test(arguments: [
        ("docker run --rm `\n  -v x:y `\n  quay.io/a/g:6\n", ["quay.io/a/g:6"]),
        ("docker run --rm `\r\n  quay.io/a/g:6\r\n", ["quay.io/a/g:6"]),
        ("$IMG = \"quay.io/a/v:1\"\ndocker pull $IMG\n", ["quay.io/a/v:1"]),
        ("$env:IMG = 'quay.io/a/e:1'\n& docker pull $env:IMG\n", ["quay.io/a/e:1"]),
        ("$global:IMG = 'quay.io/a/g:1'\ndocker pull $global:IMG\n", ["quay.io/a/g:1"]),
        (
            "$Script:V = '1'\ndocker pull quay.io/a/s:$script:V\ndocker pull quay.io/a/b:${script:V}\n",
            [
                "quay.io/a/s:1", "quay.io/a/b:1",
            ]
        ),
        (
            "$V = '1'\ndocker pull quay.io/a/l:$local:V\ndocker pull quay.io/a/u:$using:V\n",
            [
                "quay.io/a/l:1", "quay.io/a/u:1",
            ]
        ),
        ("$tag = Get-Tag\ndocker pull quay.io/a/t:$tag\n", ["?tag"]),
        ("$id = docker run -d quay.io/a/c:1\n", ["quay.io/a/c:1"]),
        ("$id = docker run `\n  -d quay.io/a/c:1\n", ["quay.io/a/c:1"]),
        ("docker run -v C:\\data:C:\\x quay.io/a/p:1\n", ["quay.io/a/p:1"]),
        ("$images = @(\n  'quay.io/a/l:1'\n)\nWrite-Host docker\n", []),
        (
            "$l = @(\n  'quay.io/a/l:1'\n  \"quay.io/a/m:1\",\n)\nforeach ($i in $l) {\n  docker pull $i\n}\n",
            ["quay.io/a/l:1", "quay.io/a/m:1"]
        ),
        (
            "$l = @(\"quay.io/a/l:1\",'quay.io/a/m:1'); foreach ($i in $l) { docker pull $i }\n",
            ["quay.io/a/l:1", "quay.io/a/m:1"]
        ),
        (
            "ForEach($i in 'quay.io/a/l:1', 'quay.io/a/m:1') { docker pull $i }\n",
            ["quay.io/a/l:1", "quay.io/a/m:1"]
        ),
        (
            "\"quay.io/a/l:1\",\"quay.io/a/m:1\" | ForEach-Object { docker pull $_ }\n",
            ["quay.io/a/l:1", "quay.io/a/m:1"]
        ),
        ("$l = 'a','b'\n$l | % { docker pull quay.io/a/l:$_ }\n", ["quay.io/a/l:a", "quay.io/a/l:b"]),
        ("$l = @('quay.io/a/l:1') + $more\ndocker pull quay.io/a/m:1\n", ["quay.io/a/m:1"]),
        ("$x = 'quay.io/a/n:1'; docker pull $x\n", ["quay.io/a/n:1"]),
        ("$a = \"b;c\"; $x = 'quay.io/a/n:1' ;docker pull $x # it's; $x = 'y:1'\n", ["quay.io/a/n:1"]),
        ("$x = $(a; 'b'); $y = { c; d }; docker pull quay.io/a/n:1\n", ["quay.io/a/n:1"]),
        ("$x = 'a; docker pull quay.io/a/n:1\n", []),
        ("[string]$w = 'quay.io/a/t:1'\ndocker.exe pull $w\n", ["quay.io/a/t:1"]),
        ("[Parameter(Mandatory = $true)] [string] $w = 'quay.io/a/t:1'\ndocker pull $w\n", ["quay.io/a/t:1"]),
        ("param([string]$a = 'quay.io/a/p:1', $b)\ndocker pull $a\ndocker pull $b\n", ["quay.io/a/p:1", "?b"]),
        ("param (\n  [string]$a = 'quay.io/a/p:1',\n  $b\n)\ndocker pull $a\n", ["quay.io/a/p:1"]),
        ("$r = (docker pull quay.io/a/b:1)\niex \"docker pull quay.io/a/i:1\"\n", ["quay.io/a/b:1", "quay.io/a/i:1"]),
        ("$l = @('pull', 'quay.io/a/s:1')\ndocker @l\n", ["quay.io/a/s:1"]),
        (
            "foreach ($i in @(\n  'quay.io/a/l:1' # one\n  'quay.io/a/m:1'\n)) { docker pull $i }\n",
            ["quay.io/a/l:1", "quay.io/a/m:1"]
        ),
        ("$l = @(", []), ("foreach", []), ("$", []), ("[", []), ("param(", []), ("param(,", []), ("docker @", []),
    ])
    func `PowerShell's lines go on behind a backquote, and its variables are assigned by their marks`(
        text: String, expected: [String]
    ) {
        #expect(references(text, as: "x.ps1") == expected)
    }

    @Test(arguments: [
        ("docker run --rm ^\r\n  quay.io/a/h:6\r\n", ["quay.io/a/h:6"]),
        ("set IMG=quay.io/a/v:1\r\ndocker pull %IMG%\r\n", ["quay.io/a/v:1"]),
        ("set \"TAG=2\"\ndocker pull quay.io/a/t:%TAG%\n", ["quay.io/a/t:2"]),
        (
            "for %%i in (quay.io/a/l:1 quay.io/a/m:1) do docker pull %%i\r\n",
            ["quay.io/a/l:1", "quay.io/a/m:1"]
        ),
        (
            "@FOR %%V IN (1 2) DO (\r\n  docker pull \"quay.io/a/l:%%~V\"\r\n)\r\n",
            ["quay.io/a/l:1", "quay.io/a/l:2"]
        ),
        ("for %%i in (a", []), ("for %%", []),
        ("REM docker pull quay.io/a/no:1\n:: docker pull quay.io/a/no:2\n", []),
        ("set I=quay.io/a/v:1\nsetlocal enabledelayedexpansion\ndocker pull !I!\n", ["quay.io/a/v:1"]),
        ("if \"%I%\"==\"\" set I=quay.io/a/v:1\ndocker pull %I%\n", ["quay.io/a/v:1"]),
        (
            "if not exist x docker pull quay.io/a/n:1\nif %A% NEQ b docker pull quay.io/a/o:1\n",
            ["quay.io/a/n:1", "quay.io/a/o:1"]
        ),
        ("if defined A (docker pull quay.io/a/d:1)\n", ["quay.io/a/d:1"]), ("if", []), ("if not a", []),
        ("docker pull quay.io/a/t:%1\ndocker pull %~1\n", ["?1", "?1"]),
    ])
    func `cmd's lines go on behind a caret, and its variables stand between percent signs`(
        text: String, expected: [String]
    ) {
        #expect(references(text, as: "x.cmd") == expected)
    }

    @Test func `Jenkins' steps for the shells of Windows are read as those`() {
        let text = """
            pipeline {
              environment { TAG = '7' }
              stages { stage('a') { steps {
                powershell '''
                  docker run --rm `
                    quay.io/acme/p:1
                  docker pull "quay.io/acme/e:$env:TAG"
                '''
                pwsh 'docker pull quay.io/acme/w:1'
                bat '''
                  set IMG=quay.io/acme/v:1
                  docker pull %IMG%
                  docker run --rm ^
                    quay.io/acme/b:1
                '''
                script { out = powershell(returnStdout: true, script: '''docker run `
                  quay.io/acme/s:1''') }
                sh '''docker run \\
                  quay.io/acme/u:1'''
                sh script: 'docker pull quay.io/acme/n:1'
                echo 'docker pull quay.io/acme/none:1'
              } } }
            }
            """
        #expect(
            references(text, as: "Jenkinsfile") == [
                "quay.io/acme/p:1", "quay.io/acme/e:7", "quay.io/acme/w:1", "quay.io/acme/v:1", "quay.io/acme/b:1",
                "quay.io/acme/s:1", "quay.io/acme/u:1", "quay.io/acme/n:1",
            ])
        let bytes = Array(text.utf8)
        for finding in scanned(text, as: "Jenkinsfile").findings {
            #expect(finding.text == String(decoding: bytes[finding.range], as: UTF8.self))
        }
    }

    @Test func `a step's shell says how its text is read`() {
        let github = """
            jobs:
              a:
                steps:
                - shell: pwsh
                  run: |
                    docker run --rm `
                      -v x:y `
                      quay.io/acme/g:6
                - shell: cmd
                  run: |
                    docker run --rm ^
                      quay.io/acme/h:6
                - shell: python
                  run: docker run quay.io/acme/none:1
                - run: docker run quay.io/acme/sh:1
            """
        #expect(
            references(github, as: ".github/workflows/a.yml") == [
                "quay.io/acme/g:6", "quay.io/acme/h:6", "quay.io/acme/sh:1",
            ])
        let azure = """
            steps:
            - pwsh: |
                docker run `
                  quay.io/acme/p:1
            - task: PowerShell@2
              inputs:
                script: |
                  docker run `
                    quay.io/acme/t:1
            """
        #expect(references(azure, as: "azure-pipelines.yml") == ["quay.io/acme/p:1", "quay.io/acme/t:1"])
    }
}

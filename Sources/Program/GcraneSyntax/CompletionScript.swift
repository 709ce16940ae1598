// SPDX-License-Identifier: Apache-2.0

/// A script that a shell reads to complete a program's command lines. The script asks the program itself, so a newer
/// program needs no newer script.
package struct CompletionScript: Sendable {
    package enum Shell: String, Sendable, CaseIterable {
        case bash
        case zsh
        case fish
        case powershell
    }

    private let program: String
    /// The word by which the script asks the program for candidates.
    private let question: String

    /// - Parameter program: the name by which the program is started. The script's functions are named after it.
    package init(for program: String, withSummaries: Bool) {
        self.program = program
        question = withSummaries ? "__complete" : "__completeNoDesc"
    }

    package func text(for shell: Shell) -> String {
        switch shell {
        case .bash: bash
        case .zsh: zsh
        case .fish: fish
        case .powershell: powershell
        }
    }

    /// bash splits words at `=` and `:`. The script joins them again, because the program is asked about whole words.
    private var bash: String {
        #"""
        # bash completion for \#(program)

        __start_\#(program)()
        {
            COMPREPLY=()
            local word answer directive current last=
            local -a words=()
            for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
                if [[ ${#words[@]} -gt 0 && ( $last == [:=] || $word == [:=] ) ]]; then
                    words[${#words[@]}-1]+=$word
                else
                    words+=("$word")
                fi
                last=$word
            done
            answer=$("${COMP_WORDS[0]/#\~/$HOME}" __completeNoDesc "${words[@]}" 2>/dev/null) || return
            directive=${answer##*:}
            current=${words[${#words[@]}-1]}
            [[ $current == -*=* ]] && current=${current#*=}
            [[ $COMP_WORDBREAKS == *:* ]] && last=${current%"${current##*:}"} || last=
            while IFS= read -r word; do
                [[ -n $word && $word == "$current"* ]] && COMPREPLY+=("${word#"$last"}")
            done <<< "${answer%:*}"
            [[ $directive == 6 ]] && compopt -o nospace 2>/dev/null
            [[ $directive == 16 ]] && while IFS= read -r word; do
                COMPREPLY+=("$word")
            done < <(compgen -d -- "$current")
            [[ $directive == 0 ]] || compopt +o default 2>/dev/null
            return 0
        }

        complete -o default -F __start_\#(program) \#(program)
        """#
    }

    private var zsh: String {
        #"""
        #compdef \#(program)
        compdef _\#(program) \#(program)

        _\#(program)()
        {
            local -a lines candidates
            local line
            lines=("${(@f)$(${~words[1]} \#(question) "${(@)words[2,CURRENT]}" 2>/dev/null)}")
            for line in "${(@)lines[1,-2]}"; do
                [[ -n $line ]] && candidates+=("${${line//:/\\:}/$'\t'/:}")
            done
            [[ ${words[CURRENT]} == -*=* ]] && compset -P '*='
            if [[ ${lines[-1]} == :6 ]]; then
                _describe '\#(program)' candidates -S ''
            elif (( ${#candidates} )); then
                _describe '\#(program)' candidates
            elif [[ ${lines[-1]} == :0 ]]; then
                _files
            elif [[ ${lines[-1]} == :16 ]]; then
                _files -/
            fi
        }

        if [ "${funcstack[1]}" = "_\#(program)" ]; then
            _\#(program)
        fi
        """#
    }

    private var fish: String {
        #"""
        # fish completion for \#(program)

        function __\#(program)_complete
            set -l words (commandline -opc)
            set -l current (commandline -ct)
            set -l prefix
            string match -q -- '-*=*' "$current"; and set prefix (string replace -r -- '=.*' '=' "$current")
            set -l lines ($words[1] \#(question) $words[2..-1] "$current" 2>/dev/null)
            for line in $lines[1..-2]
                echo "$prefix$line"
            end
            if test (count $lines) -eq 1
                test "$lines[1]" = ':0'; and __fish_complete_path "$current"
                test "$lines[1]" = ':16'; and __fish_complete_directories "$current"
            end
        end

        complete -c \#(program) -e
        complete -c \#(program) -f -a '(__\#(program)_complete)'
        """#
    }

    private var powershell: String {
        #"""
        # PowerShell completion for \#(program)

        Register-ArgumentCompleter -Native -CommandName '\#(program)' -ScriptBlock {
            param($typed, $tree, $position)
            $words = @($tree.CommandElements | Where-Object { $_.Extent.StartOffset -lt $position } | ForEach-Object { "$_" })
            $line = @($words | Select-Object -Skip 1)
            if ($typed -eq '') { $line += '""' }
            & $words[0] \#(question) @line 2>$null | Where-Object { $_ -and -not $_.StartsWith(':') } | ForEach-Object {
                $word, $summary = $_ -split "`t", 2
                if (-not $summary) { $summary = $word }
                [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $summary)
            }
        }
        """#
    }
}

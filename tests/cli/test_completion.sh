#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Completion in bash and zsh: commands, options, values, keys and their values.
source "$(dirname "$0")/common.sh"

# bash_completes "WORD..." "EXPECTED...": what is offered after these words, the last one being typed.
bash_completes() {
    bash -c '
        compopt() { :; }
        source "$1"
        read -r -a COMP_WORDS <<<"$2"
        [[ $2 == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _vdib
        printf "%s\n" "${COMPREPLY[@]}"' - "$folder/bash" "$1" >"$folder/stdout"
    local expected
    for expected in $2; do
        grep -qxF -- "$expected" "$folder/stdout" || fail "bash: '$1' does not offer '$expected'"
    done
    [[ ${3-} != only ]] || [[ $(wc -w <"$folder/stdout") -eq $(wc -w <<<"$2") ]] ||
        fail "bash: '$1' offers more than '$2'"
}

expect 0 "$VDIB" completion bash
cp "$folder/stdout" "$folder/bash"
bash -n "$folder/bash" || fail "the script is not valid bash"
bash_completes "vdib tr" "train" only
bash_completes "vdib --ver" "--version" only
bash_completes "vdib train --se" "--set --seconds --seed --seeds" only
bash_completes "vdib train published/c" "published/classify" only
bash_completes "vdib eval --split t" "test train" only
bash_completes "vdib encode --format " "text npz" only
bash_completes "vdib train --set objective.pri" "objective.prior_probability=" only
bash_completes "vdib train --set neuron.gain = " "published unit one" only
bash_completes "vdib train --set neuron.gain =" "published unit one" only
bash_completes "vdib train --set = neuron.surrogate = log" "logistic" only
bash_completes "vdib train --set learning.dfa_normalised = f" "false" only
bash_completes "vdib help k" "keys" only
bash_completes "vdib completion " "bash zsh" only
mkdir "$folder/some-run"
(cd "$folder" && bash_completes "vdib train --resume some" "some-run" only)

expect 0 "$VDIB" completion zsh
cp "$folder/stdout" "$folder/zsh"
refuses 2 "'fish'|bash|zsh" "$VDIB" completion fish
for command in $("$VDIB" --help | sed -nE 's/^  ([a-z]+) .*/\1/p'); do
    [[ $command == help ]] && continue
    for option in $("$VDIB" "$command" --help | grep -E '^ +(-., )?--' | grep -oE -- '--[a-z-]+'); do
        awk -v begin="    $command)" \
            '$0 == begin { inside = 1 } inside { print } inside && /;;$/ { exit }' "$folder/zsh" |
            grep -qE -- "'\*?$option(=)?\[" || fail "zsh: vdib $command lacks $option"
    done
done

command -v zsh >/dev/null || skip "there is no zsh: its completion was read, not run"
zsh -n "$folder/zsh" || fail "the script is not valid zsh"
mkdir "$folder/functions"
cp "$folder/zsh" "$folder/functions/_vdib"

# zsh_completes "LINE" "EXPECTED...": a real zsh in a terminal of its own, the Tab key after the line.
zsh_completes() {
    zsh -f -c '
        zmodload zsh/zpty
        zpty shell "TERM=dumb zsh -f -i"
        zpty -w shell "PS1=; unsetopt zle_bracketed_paste; fpath=($1 \$fpath); autoload -U compinit; compinit -u -D"
        zpty -w shell "zstyle \":completion:*\" list-prompt \"\"; LISTMAX=10000; cd $3; echo ready\$((1 + 1))"
        zpty -r -m shell line "*ready2*"
        zpty -n -w shell "$2"$'"'\t\t'"'
        answer=
        for ((i = 0; i < 200; i++)); do
            while zpty -r -t shell line; do answer+=$line; done
            missing=
            for word in ${=4}; do [[ $answer == *"$word"* ]] || missing=1; done
            [[ -n $missing ]] || break
            sleep 0.1
        done
        print -r -- $answer
        zpty -d shell' - "$folder/functions" "$1" "$folder" "$2" >"$folder/stdout" 2>/dev/null
    local expected
    for expected in $2; do
        grep -qF -- "$expected" "$folder/stdout" || fail "zsh: '$1' does not offer '$expected'"
    done
}
zsh_completes "vdib " "train experiments reconstruct help"
zsh_completes "vdib train --se" "--seeds --set"
zsh_completes "vdib eval --split t" "test train"
zsh_completes "vdib train --set neuron.gain=" "published unit one"
zsh_completes "vdib train --set neuron.surrogate_s" "neuron.surrogate_slope="

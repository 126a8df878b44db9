#!/bin/bash
# The shells' completion offers what the program takes: every command and option of --help, keys and values of
# experiments, runs, files. bash's function is called as readline calls it.
#
#   tests/e2e/completion.sh PROGRAM SOURCE_FOLDER
set -euo pipefail
program=$1 source=$2
# shellcheck source=tests/support/script.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/script.sh"

# ---- the scripts ----

"$program" completion bash >"$scratch/segwork.bash"
"$program" completion zsh >"$scratch/segwork.zsh"
cmp "$scratch/segwork.bash" "$source/tools/completion/segwork.bash" || failed=1
cmp "$scratch/segwork.zsh" "$source/tools/completion/segwork.zsh" || failed=1
bash -n "$scratch/segwork.bash" || failed=1
if command -v zsh >/dev/null; then zsh -n "$scratch/segwork.zsh" || failed=1; fi
# shellcheck disable=SC1091 # it is checked by itself
source "$scratch/segwork.bash"
[[ $(complete -p segwork) == "complete -F _segwork segwork" ]] || fail "bash does not know the function"

# bash has it only while it completes; what it is asked for is kept
# shellcheck disable=SC2317 # called by what was sourced
compopt() { asked+=" $2"; }

# ---- a folder to complete in ----

mkdir -p "$scratch/work"/{bin,experiments,runs/pets/001,runs/pets/002,runs/sweeps/lr/001,runs/unfinished,photos}
cd "$scratch/work"
ln -s "$program" bin/segwork
touch experiments/{small,large}.yaml mine.yaml notes.txt cat.jpg dog.PNG weights.safetensors 'two words.yaml'
touch runs/pets/{001,002}/config.yaml runs/sweeps/lr/001/config.yaml runs/unfinished/log.txt

# Sets what readline would set for the cursor at the end of a line, in which words stand between single blanks.
set_line() {
    local rest=$1 word
    COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9
    COMP_WORDS=()
    while [[ -n $rest ]]; do
        if [[ $rest =~ ^' ' ]]; then
            rest=${rest:1}
            [[ -n $rest ]] || COMP_WORDS+=("")
            continue
        fi
        [[ $rest =~ ^([=:]+|[^=:\ ]+) ]]
        word=${BASH_REMATCH[0]}
        COMP_WORDS+=("$word")
        rest=${rest#"$word"}
    done
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=() asked=
}

# expect LINE WORD...: exactly these words are offered, in any order
expect() {
    local line=$1 offered wanted
    shift
    set_line "$line"
    _segwork segwork "${COMP_WORDS[COMP_CWORD]}" ""
    offered=$(printf '%s\n' ${COMPREPLY[@]+"${COMPREPLY[@]}"} | sort)
    wanted=$(printf '%s\n' "$@" | sort)
    [[ $offered == "$wanted" ]] || fail "'$line' offers"$'\n'"$offered"$'\n'"instead of"$'\n'"$wanted"
}

# what the scripts ask, with standard error in sight for the sanitizers
for words in '' 'run ' 'run --' 'run --resume ' 'run --set ' 'run --set loss.kind=' 'run --set=loss.kind=f' 'data synth x --' \
    'check --set model.encoder.2.w' 'selftest --op ' 'export --format=' 'help d' 'nothing ' 'run --no-such-option=x'; do
    IFS=' ' read -ra given <<<"$words"
    [[ $words == *' ' || -z $words ]] && given+=('')
    "$program" __complete "${given[@]}" >/dev/null || fail "__complete $words fails"
done
"$program" __complete >/dev/null || fail "__complete fails"

# ---- commands and options: as many as --help has, and no others ----

mapfile -t commands < <("$program" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[[ ${#commands[@]} -ge 12 ]] || fail "--help lists only ${#commands[@]} commands"
expect "bin/segwork " "${commands[@]}"
expect "bin/segwork help " "${commands[@]}"
for command in "${commands[@]}"; do
    mapfile -t options < <("$program" "$command" --help |
        sed -n '/^Options:/,$s/^  ....\(--[a-z0-9-]*\).*/\1/p')
    [[ ${#options[@]} -ge 1 ]] || fail "$command --help lists no option"
    expect "bin/segwork $command --" "${options[@]}"
done
expect "bin/segwork de" describe devices
expect "bin/segwork --v" --version
expect "bin/segwork no-such-command " ""
expect "bin/segwork run --res" --resume
# an option that was given is not offered again, unless it may be repeated
expect "bin/segwork describe mine.yaml --set seed=1 --json --" --set --dot --svg --ranks --rate --bandwidth --latency --help
expect "bin/segwork export -o x -- --" "" # no option after --
expect "bin/segwork data fetch here --e" --expect-images --expect-annotations # of this action
expect "bin/segwork data synth here --e" ""

# ---- values ----

expect "bin/segwork export x --format " safetensors onnx npz
expect "bin/segwork export x --format=o" onnx
expect "bin/segwork export x -w " best last
expect "bin/segwork data " init synth fetch stats browse
expect "bin/segwork data stats ph" photos
expect "bin/segwork data stats mi" mine.yaml
expect "bin/segwork data init ph" photos
expect "bin/segwork data init photos " --out --quiet --help
expect "bin/segwork data stats photos " --size --all --json --set --quiet --help
expect "bin/segwork data browse mi" mine.yaml
expect "bin/segwork data browse " experiments/small.yaml experiments/large.yaml mine.yaml "two words.yaml"
expect "bin/segwork completion z" zsh
expect "bin/segwork selftest --op max" max_pool max_unpool
expect "bin/segwork bench mine.yaml --steps " ""

# ---- keys of experiments ----

mapfile -t keys < <("$program" check --keys | grep -v ' mappings ' |
    sed -n 's/\[\]/.0/; s/^  \([a-z]\S*\) .*/\1=/p')
[[ ${#keys[@]} -ge 60 ]] || fail "check --keys lists only ${#keys[@]} keys"
set_line "bin/segwork run --set "
_segwork
[[ $asked == *nospace* && $asked != *filenames* ]] || fail "keys: asked bash for '$asked'"
for key in "${keys[@]}"; do
    [[ $'\n'$(printf '%s\n' "${COMPREPLY[@]}")$'\n' == *$'\n'"$key"$'\n'* ]] || fail "--set does not offer $key"
done
expect "bin/segwork run --set schedule.w" schedule.warmup_epochs= schedule.warmup_start=
expect "bin/segwork check -s" "" # as it stands: no long option
expect "bin/segwork run -s loss.kind=" boundary cross_entropy dice focal lovasz ohem tversky
expect "bin/segwork run --set loss.kind=f" focal
expect "bin/segwork run --set=loss.kind=f" focal
expect "bin/segwork run --set loss.class_weights=" none median_frequency
expect "bin/segwork run --set model.bias=" "true" "false"
expect "bin/segwork run --set model.encoder.3.p" model.encoder.3.pool=
expect "bin/segwork run --set model.encoder.3.pool=m" max
expect "bin/segwork run --set train.epochs=" ""
expect "bin/segwork run --set data.root=ph" photos

# ---- experiments, runs, files ----

expect "bin/segwork run " experiments/small.yaml experiments/large.yaml mine.yaml "two words.yaml"
[[ $asked == *filenames* && $asked != *nospace* ]] || fail "experiments: asked bash for '$asked'"
expect "bin/segwork run mine.yaml -o ph" photos
expect "bin/segwork run --resume " runs/pets/001 runs/pets/002 runs/sweeps/lr/001
expect "bin/segwork run --resume ph" photos
expect "bin/segwork export runs/p" runs/pets/001 runs/pets/002
expect "bin/segwork export w" weights.safetensors
expect "bin/segwork eval --config=m" mine.yaml
expect "bin/segwork predict c" cat.jpg
expect "bin/segwork predict d" dog.PNG
expect "bin/segwork predict cat.jpg do" dog.PNG
expect "bin/segwork predict n" ""

# the cursor in the middle of a line: what follows it does not count
set_line "bin/segwork run --se"
COMP_LINE+="t seed=1" COMP_WORDS=(bin/segwork run --set seed "=" 1)
_segwork
[[ ${COMPREPLY[*]} == --set ]] || fail "in the middle of a line: ${COMPREPLY[*]}"

# experiments that come with the program, from anywhere
cd photos
SEGWORK_CONFIG_DIR=$source expect "../bin/segwork run experiments/segnet_f" experiments/segnet_focal.yaml
exit "$failed"

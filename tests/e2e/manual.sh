#!/bin/bash
# The manual page has every command, option and environment variable there is, and man can show it in 80 columns.
#
#   tests/e2e/manual.sh PROGRAM SOURCE_FOLDER
set -euo pipefail
program=$1 source=$2
# shellcheck source=tests/support/script.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/script.sh"
cd "$scratch"

"$program" man --out segwork.1
"$program" man | cmp - segwork.1 || failed=1
for section in NAME SYNOPSIS DESCRIPTION COMMANDS 'EXIT STATUS' ENVIRONMENT FILES EXAMPLES 'SEE ALSO'; do
    grep -qx "\.SH $section" segwork.1 || fail "no section $section"
done

# ---- commands and options, each option in the part of its command ----

mapfile -t commands < <("$program" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[[ ${#commands[@]} -ge 12 ]] || fail "--help lists only ${#commands[@]} commands"
for command in "${commands[@]}"; do
    part=$(awk -v want="segwork $command" '/^\.S[SH]/ { on = index($0, "\"" want " ") || index($0, "\"" want "\"") } on' segwork.1)
    [[ -n $part ]] || fail "no command $command"
    mapfile -t options < <("$program" "$command" --help |
        sed -n '/^Options:/,$s/^  ....--\([a-z0-9-]*\).*/\1/p' | grep -vx help)
    for option in ${options[@]+"${options[@]}"}; do
        [[ $part == *"\\-\\-${option//-/\\-}\\fR"* ]] || fail "$command: no option --$option"
    done
done
grep -q '\\-\\-help' segwork.1 || fail "no --help"

# ---- the environment ----

mapfile -t variables < <(grep -rhoE 'getenv\("[A-Z_]+"\)' "$source/core" "$source/tools" | sort -u |
    sed 's/getenv("\(.*\)")/\1/')
[[ ${#variables[@]} -ge 5 ]] || fail "only ${#variables[@]} environment variables in the sources"
for variable in "${variables[@]}" POCL_CACHE_DIR; do
    sed -n '/^\.SH ENVIRONMENT/,/^\.SH FILES/p' segwork.1 | grep -qx "\.B $variable" || fail "no variable $variable"
done

# ---- files: all of a run's folder, and the documents that are installed ----

mapfile -t files < <(sed -n '/^| file | what |/,/^$/p' "$source/docs/runs.md" | sed '/^$/q' |
    sed -n 's/^| `\([a-z.]*[a-z]\).*/\1/p')
[[ ${#files[@]} -ge 10 ]] || fail "only ${#files[@]} files of a run in docs/runs.md"
for file in "${files[@]}"; do
    sed -n '/^\.SH FILES/,/^\.SH EXAMPLES/p' segwork.1 | grep -q "$file" || fail "no file $file"
done
for document in "$source"/docs/*.md; do
    grep -q "docs/$(basename "$document")" <(sed -n '/^\.SH SEE ALSO/,$p' segwork.1) || fail "no $document"
done

# ---- what man makes of it ----

if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning segwork.1 || failed=1
fi
if command -v groff >/dev/null; then
    groff -man -Tascii -ww -rLL=78n segwork.1 >formatted 2>warnings || failed=1
    [[ ! -s warnings ]] || fail "groff: $(cat warnings)"
    sed 's/\x1b\[[0-9;]*m//g; s/.\x08//g' formatted >plain
    long=$(awk 'length > 80' plain)
    [[ -z $long ]] || fail "over 80 columns:"$'\n'"$long"
fi
exit "$failed"

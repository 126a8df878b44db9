#!/bin/bash
# tools/attack finds what is wrong with a program that is wrong in many ways (bad_segwork.sh).
#
#   tests/attack/notices.sh SEGWORK SOURCES BUILD
set -euo pipefail
export REAL_SEGWORK=$1 SEGWORK=$2/tests/attack/bad_segwork.sh BUILD=$3 CASE_SECONDS=8
sources=$2 KEPT=$(mktemp -d)
export KEPT
trap 'rm -rf "$KEPT"' EXIT
code=0
"$sources/tools/attack" --cases 12 --seed 1 >"$KEPT/said" || code=$?
[[ $code -eq 1 ]] || { cat "$KEPT/said" && echo "tools/attack ends with $code" && exit 1; }
missing=()
for words in "is neither's" "no end within" "exit code 139" "without a message" "a command changed" "ends differently" \
    "shortened text" "exit code 0 without an output"; do
    grep -q "$words" "$KEPT/faults.txt" || missing+=("'$words'")
done
[[ ${#missing[@]} -eq 0 ]] || { cat "$KEPT/said" && echo "not found: ${missing[*]}" && exit 1; }

#!/bin/bash
# Every example of every help text works: those of 'segwork' alone, of 'segwork COMMAND --help' and of the manual
# page, as they are printed there. They run in a folder that has what they name: tiny experiments under the names
# of the real ones, copies of one tiny run, a dozen synthetic pets. So:
#
#   - numbers that would take long are made small (shorten),
#   - 'data fetch', 'tune' and 'bench', which download or time, only have their options read: with --help last,
#     which an option before it that does not exist still fails,
#   - of other programs (parallel, sbatch, man) only the file is looked for that they are given.
#
#   tests/e2e/help_examples.sh PROGRAM SOURCE_FOLDER
set -euo pipefail
program=$1 source=$2
# shellcheck source=tests/support/script.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/script.sh"
cd "$scratch"
segwork() { "$program" "$@"; }

# ---- what the examples name ----

mkdir -p build data experiments runs
ln -s "$program" build/segwork
segwork data synth photos --train 16 --val 8 --size 32 >/dev/null
for folder in camvid oxford-iiit-pet synthetic-pets; do cp -r photos "data/$folder"; done
cp photos/images/pet_000001.jpg cat.jpg
cp photos/annotations/trimaps/pet_000001.png map.png

# as the real experiments, but quick: one of them for all
tiny() {
    sed "s/^data:/name: $1\ndata:/; s/root: pets/root: photos\n  test_split: test/; s/epochs: 3/epochs: 1/; s/count: 4/count: 8/
         s/batch_size: 4/batch_size: 16/" \
        "$source/tests/support/tiny.yaml"
    echo "loss: {kind: focal}"
}
for file in "$source"/experiments/*.yaml; do tiny "$(basename "$file" .yaml)" >"experiments/$(basename "$file")"; done
for name in mine border; do tiny $name >$name.yaml; done
segwork run mine.yaml >/dev/null 2>&1
for run in segnet_small segnet_baseline border camvid_small fields quickstart focal-sweep a b; do
    mkdir "runs/$run" && cp -r runs/mine/001 "runs/$run/001"
done
cp -r runs/segnet_small/001 runs/segnet_small/002
cp runs/mine/001/checkpoints/best.safetensors best.safetensors
cp best.safetensors pytorch.safetensors
mkdir -p configs/models
cp best.safetensors configs/models/pets.safetensors
cp mine.yaml configs/models/pets.yaml

# ---- an example ----

shorten() {
    sed 's/--train 800 --val 105 --size 96/--train 8 --val 4 --size 32/
         s/nvidia/0:0/; s/--class road/--class pet/; s/train\.epochs=60/train.epochs=2/
         s/--quick/--tiny --op add/; s/--op conv2d/--tiny --op add/'
}

# Runs a line as it is printed; what it prints is in the file "output".
run_example() {
    local line=$1
    case $line in
    'segwork data fetch '* | 'segwork tune '* | 'segwork bench '*) line+=' --help' ;;
    'segwork sweep '*' seed=0..2') line+=' --dry-run' ;;
    'segwork sweep '*' --jobs '*) rm -rf runs/border-sweep ;; # what is done gets no command
    'segwork data init '*) rm -f data.yaml ;;
    'segwork data synth '*) rm -rf data/synthetic-pets ;;
    'source <('*) line=${line#"source <("} line=${line%")"} ;;
    'parallel '*'< jobs.txt') line='test -s jobs.txt' ;;
    'sbatch border.sh') line='bash -n border.sh' ;;
    'man ./segwork.1') line='test -s segwork.1' ;;
    *segwork\ *) ;;
    *) fail "what is this example: $line" && return 1 ;;
    esac
    line=$(shorten <<<"$line")
    eval "$line" >output 2>&1 </dev/null
}

# Runs the examples on standard input, each of them under the name of the help.
count=0
declare -A seen # the manual page repeats some
run_examples() {
    local line
    while IFS= read -r line; do
        [[ -z ${seen[$line]-} ]] || continue
        seen[$line]=yes
        run_example "$line" || fail "$1: $line"$'\n'"$(tail -n 5 output)"
        count=$((count + 1))
    done
}

# Lines that begin with two blanks, with those that they go on in.
join() { sed -n 's/^  //p' | sed -e ':more' -e '/\\$/{N;s/ *\\\n */ /;b more' -e '}'; }

# ---- all of them ----

run_examples segwork < <({ segwork 2>&1 || true; } | grep '^  segwork ' | join)
mapfile -t commands < <(segwork --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[[ ${#commands[@]} -ge 18 ]] || fail "--help lists only ${#commands[@]} commands"
for command in "${commands[@]}"; do
    segwork "$command" --help | sed -n '/^Examples:$/,/^$/p' | join >examples
    grep -q "segwork $command" examples || fail "$command: no example"
    run_examples "$command" <examples
    # a file that an example names is one that there is
    for file in $(grep -o 'experiments/[a-z_0-9]*\.yaml' examples || true); do
        [[ -e $source/$file ]] || fail "$command: there is no $file"
    done
done
run_examples man < <(segwork man | sed -n '/^\.SH EXAMPLES/,/^\.SH SEE/s/^segwork/  &/p' | sed 's/\\&//g; s/\\-/-/g' | join)
[[ $count -ge 50 ]] || fail "only $count examples"

# ---- would a wrong one be noticed ----

for wrong in 'segwork run mine.yaml --dry' 'segwork tune mine.yaml --fast' 'segwork data fetch data/x --from y' \
    'segwork bench mine.yaml --steps few' 'segwork report runs/mine/003' 'make it'; do
    if (run_example "$wrong") >/dev/null; then fail "not noticed: $wrong"; fi
done
exit "$failed"

#!/bin/bash
# An installation works from anywhere: program, experiments with their fragments, documents.
#
#   tests/e2e/install.sh CMAKE BUILD_FOLDER SOURCE_FOLDER
set -euo pipefail
cmake=$1 build=$2 source=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$cmake" --install "$build" --prefix "$scratch/prefix" >/dev/null
mv "$scratch/prefix" "$scratch/moved" # an installation may be moved as a whole
mkdir "$scratch/elsewhere"
cd "$scratch/elsewhere"

failed=0
expect() { # expect WORDS COMMAND...
    local words=$1 output
    shift
    output=$("$@" 2>&1) && [[ $output == *"$words"* ]] && return
    echo "expected '$words' of: $*"
    echo "$output"
    failed=1
}

for experiment in "$scratch"/moved/share/segwork/experiments/*.yaml; do
    name=experiments/$(basename "$experiment")
    expect "$name: valid" "$scratch/moved/bin/segwork" check "$name"
done
expect 15,274,892 "$scratch/moved/bin/segwork" describe experiments/segnet_baseline.yaml
for file in bin/segwork share/segwork/configs/README.md share/segwork/configs/experiment.schema.json \
    share/segwork/python/segwork_torch.py share/segwork/models/pets.yaml share/segwork/models/pets.md \
    share/doc/segwork/README.md share/doc/segwork/LICENSE share/doc/segwork/ARCHITECTURE.md \
    share/doc/segwork/CONTRIBUTING.md share/doc/segwork/docs/devices.md share/man/man1/segwork.1 \
    share/bash-completion/completions/segwork share/zsh/site-functions/_segwork; do
    [[ -s $scratch/moved/$file ]] || { echo "not installed: $file" && failed=1; }
done

# the model that comes with segwork, where the sources have it
expect "pets.yaml: valid" "$scratch/moved/bin/segwork" check configs/models/pets.yaml
if [[ -e $source/configs/models/pets.safetensors ]]; then
    "$scratch/moved/bin/segwork" data synth drawn --train 1 --val 1 --size 64 >/dev/null
    expect "$scratch/moved/share/segwork/models/pets.safetensors" "$scratch/moved/bin/segwork" predict drawn/images/pet_000001.jpg
    [[ -s predicted/pet_000001.png ]] || { echo "the installed model labels nothing" && failed=1; }
fi

# each link of an installed document that is no address leads to a file
documents=$scratch/moved/share/doc/segwork links=0
while IFS=: read -r document link; do
    links=$((links + 1))
    [[ -e $(dirname "$document")/${link%%#*} ]] || { echo "$document: '$link' leads nowhere" && failed=1; }
done < <(grep -roE '\]\([^)# ]+' --include=*.md "$documents" | sed 's/:](/:/' | grep -v ':[a-z]*://')
[[ $links -ge 20 ]] || { echo "only $links links in the documents" && failed=1; }

# what is installed for man and the shells is what this program says of itself
"$scratch/moved/bin/segwork" man | cmp - "$scratch/moved/share/man/man1/segwork.1" || failed=1
"$scratch/moved/bin/segwork" completion bash | cmp - "$scratch/moved/share/bash-completion/completions/segwork" || failed=1
"$scratch/moved/bin/segwork" completion zsh | cmp - "$scratch/moved/share/zsh/site-functions/_segwork" || failed=1
if command -v man >/dev/null; then
    expect "segwork run EXPERIMENT.yaml" env MANPATH="$scratch/moved/share/man" MANPAGER=cat man 1 segwork
fi
exit "$failed"

#!/bin/bash
# races.sh <segwork built with ThreadSanitizer> <folder of the sources>: the commands whose threads share memory: drawing,
# statistics, the loader with a picture that it warns of and with pictures read again each epoch, predict's overlap of reading,
# computing and writing. A finding ends the command with exit code 66.
set -euo pipefail
program=$1 config=$2/tests/support/tiny.yaml
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# PoCL, LLVM and the OpenCL loader are not built for it: what they do among themselves is not judged
export TSAN_OPTIONS=ignore_noninstrumented_modules=1

"$program" data synth pets --train 16 --val 6 --size 256 --seed 5
echo "not a picture" >pets/images/pet_000003.jpg
echo "not a picture" >pets/images/pet_000007.jpg
"$program" data stats pets
"$program" run "$config" --out run --set data.on_bad_file=skip --set data.loader_threads=4 --set data.prefetch=2 \
    --set data.cache_mb=1 --set augment.rotation=10
code=0
"$program" predict --checkpoint run pets/images --out masks --logits || code=$?
[[ $code -eq 1 ]] || { echo "predict with two unreadable pictures: exit code $code" && exit 1; }

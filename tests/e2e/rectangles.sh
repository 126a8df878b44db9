#!/bin/bash
# Images that are no squares, at sizes that no stage halves evenly, through everything that trains on them, draws them
# or tells of them.
#
#   tests/e2e/rectangles.sh SEGWORK SOURCES
set -euo pipefail
segwork=$1 tiny=$2/tests/support/tiny.yaml
# shellcheck source=tests/support/script.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/script.sh"
cd "$scratch"

# Width and height of a PNG, from its header.
png_size() {
    # shellcheck disable=SC2046 # eight numbers
    set -- $(od -An -tu1 -j16 -N8 "$1")
    echo "$((($1 << 24) + ($2 << 16) + ($3 << 8) + $4))x$((($5 << 24) + ($6 << 16) + ($7 << 8) + $8))"
}

expect_size() {
    [[ $(png_size "$1") == "$2" ]] || fail "$1 has $(png_size "$1") pixels, not $2"
}

"$segwork" data synth pets --train 8 --val 4 --size 64 --seed 5 >synth.txt
wide=(--set 'data.size=[45, 62]' --set augment.crop=0.3 --set train.epochs=2)

# ---- training ends with the same bits when it is interrupted ----

"$segwork" run "$tiny" "${wide[@]}" --out run >run.txt 2>&1
grep -q 'pets/trainval: 8 images of 62x45' run.txt || fail "the log does not tell the size"
"$segwork" run "$tiny" "${wide[@]}" --set train.max_minutes=1e-6 --out parts >parts.txt 2>&1 && fail "parts was not stopped"
for ((part = 2; part < 12; part++)); do # of one step each
    "$segwork" run --resume parts >>parts.txt 2>&1 && break
done
cmp run/checkpoints/last.safetensors parts/checkpoints/last.safetensors || fail "a resumed run ends with other bits"

# ---- what a run writes ----

grep -q 'size: \[45, 62\]' run/config.yaml || fail "config.yaml: no size of height and width"
for index in run/masks/images.json run/gallery/epoch_*.json; do
    grep -q $'"size":\t\\[45, 62\\]' "$index" || fail "$index: no size of height and width"
done
for sheet in inputs truth epoch_02 epoch_02_confidence; do expect_size "run/masks/$sheet.png" 124x90; done
for sheet in run/gallery/epoch_*.png; do [[ $(png_size "$sheet") == 248x* ]] || fail "$sheet: $(png_size "$sheet")"; done
# enlarged 3 times; a square of 62 pixels makes a picture higher by three panels of two rows of 3 * 17
"$segwork" run "$tiny" --set data.size=62 --set train.epochs=2 --out square >>run.txt 2>&1
read -r high <<<"$(png_size run/grids/epoch_02.png)"
read -r square <<<"$(png_size square/grids/epoch_02.png)"
[[ ${high%x*} == "${square%x*}" && $((${square#*x} - ${high#*x})) == $((3 * 2 * 3 * 17)) ]] ||
    fail "grids of $high pixels, and of a square $square"

# ---- what is made of it ----

"$segwork" eval --checkpoint run/checkpoints/last.safetensors >eval.txt 2>>run.txt
grep -q '4 images of 62x45' eval.txt || fail "eval does not tell the size"
"$segwork" render run --frames frames --images 1 --panels input --size 124 >render.txt
"$segwork" render run --frames frames90 --images 1 --panels input --size 248 >>render.txt
a=$(png_size frames/epoch_00.png) b=$(png_size frames90/epoch_00.png)
[[ $((${b#*x} - ${a#*x})) == 90 ]] || fail "a side of 248 instead of 124 makes a picture of $b instead of $a"
if ! "$segwork" render run --gif film.gif --panels input,confidence,error >>render.txt 2>gif.txt; then
    grep -q 'without cgif' gif.txt || fail "no GIF: $(<gif.txt)"
fi
"$segwork" render run square --frames both 2>differ.txt && fail "runs of two sizes are shown side by side"
grep -q 'show images of different size' differ.txt || fail "$(<differ.txt)"
"$segwork" report run --out page.html >/dev/null
[[ $(grep -c 'aspect-ratio:62/45' page.html) == 2 ]] || fail "the page's windows have another aspect ratio"
"$segwork" compare run square --format json >compare.json
grep -q '"kind":	"image_size"' compare.json || fail "compare does not say that the sizes differ"
grep -q $'"size":\t\\[45, 62\\]' compare.json || fail "compare tells no height and width"
"$segwork" predict --checkpoint run/checkpoints/last.safetensors --out small --size network --overlay pets/images/pet_1*.jpg >>run.txt 2>&1
"$segwork" predict --checkpoint run/checkpoints/last.safetensors --out stored pets/images/pet_1*.jpg >>run.txt 2>&1
for picture in small/*.png; do expect_size "$picture" 62x45; done
for picture in stored/*.png; do expect_size "$picture" 64x64; done
"$segwork" export run --out model.onnx >/dev/null
grep -aq 'resized to 62x45' model.onnx || fail "the ONNX file does not tell its input's size"

# ---- without a run ----

"$segwork" check "$tiny" "${wide[@]}" | grep -q 'at 62 x 45 px' || fail "check does not tell the size"
"$segwork" describe "$tiny" "${wide[@]}" >describe.txt
for shape in 45x62x8 22x31x8 11x15x8 45x62x3; do grep -q " $shape " describe.txt || fail "describe: no $shape"; done
"$segwork" bench "$tiny" "${wide[@]}" --no-tune --data --batch 2 --steps 1 >bench.txt 2>&1 || fail "bench: $(<bench.txt)"
"$segwork" data browse "$tiny" "${wide[@]}" --out seen.png >/dev/null 2>&1 || fail "data browse fails"
code=0
"$segwork" check "$tiny" --set 'data.size=[3, 62]' 2>few.txt || code=$?
[[ $code == 2 ]] || fail "exit code $code for too small a size"
grep -q '3 pixels a side are too few.* the smallest size that works is 4' few.txt || fail "$(<few.txt)"

exit $failed

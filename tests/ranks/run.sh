#!/bin/bash
# ranks_run: several processes train one network. They learn what one process learns, a number of processes gives the
# same bits every time, and what goes wrong in one ends all with one message.
#   run.sh SEGWORK SOURCE_DIR MPIEXEC
set -uo pipefail
segwork=$1
export SEGWORK_CONFIG_DIR=$2
mpiexec=$3
# shellcheck source=tests/support/script.sh
source "$2/tests/support/script.sh"
cd "$scratch" || exit 1

"$segwork" data synth data --train 42 --val 10 --size 32 --seed 5 >/dev/null 2>&1 || { echo "no data" && exit 1; }

# No unpooling: a place that rounding moves would make losses differ by more than rounding. 42 images in batches of 8
# leave a last batch of 2, which is less than 4 processes.
cat >net.yaml <<'EOF'
data: {root: data, size: 32}
augment: {hflip: 0.5, contrast: 0.2}
model:
  blocks:
    double:
      - {op: conv2d, width: $width}
      - {op: batchnorm, relu: true}
      - {op: dropout, rate: 0.1}
      - {op: conv2d, width: $width}
      - {op: batchnorm, relu: true}
  layers:
    - {name: e1, block: double, width: 8}
    - {op: max_pool}
    - {block: double, width: 16}
    - {op: bilinear, like: e1}
    - {op: concat, from: [before, e1]}
    - {block: double, width: 8}
    - {name: out, op: conv2d, width: 0, bias: true}
loss: {class_weights: [1, 2, 0.5]}
optimizer: {kind: sgd, lr: 0.01}
grid: {count: 4, columns: 4}
train: {epochs: 4, batch_size: 8, val_batch_size: 3, article_every: 4, sync_norm: true, ema_decay: 0.9, tensorboard: false}
runtime: {tune: false}
EOF

run() { "$segwork" run -q "$@"; }
ranks() {
    local count=$1
    shift
    timeout 300 "$mpiexec" -n "$count" "$segwork" run -q "$@"
}

# largest_difference A B COLUMN...: of two runs' figures, relative to A's
largest_difference() {
    paste -d, "$1/metrics.csv" "$2/metrics.csv" | awk -F, -v names="$3" '
        NR == 1 { n = NF / 2; split(names, want, " "); for (w in want) for (i = 1; i <= n; i++) if ($i == want[w]) at[i] = 1; next }
        { for (i in at) { d = ($i - $(i + n)) / $i; if (d < 0) d = -d; if (d > most) most = d } }
        END { printf "%.3g\n", most }'
}
steps_differ() {
    paste -d' ' <(sed 's/.*"loss":\([^,]*\),.*/\1/' "$1/steps.jsonl") <(sed 's/.*"loss":\([^,]*\),.*/\1/' "$2/steps.jsonl") |
        awk -v limit="$3" '{ d = ($1 - $2) / $1; if (d < 0) d = -d; if (d > most) most = d }
            END { if (NR == 0 || most > limit) { print NR " steps, largest difference " most; exit 0 } exit 1 }'
}

# --- the same learning, the same bits
run net.yaml --out one >one.log 2>&1 || fail "one process: $(cat one.log)"
for count in 2 4; do
    ranks $count net.yaml --out "of$count" >log 2>&1 || fail "$count processes: $(cat log)"
    steps_differ one "of$count" 1e-5 && fail "$count processes: the losses of steps are not those of one"
    difference=$(largest_difference one "of$count" "train_loss val_loss")
    awk -v d="$difference" 'BEGIN { exit !(d > 1e-5) }' && fail "$count processes: losses of epochs differ by $difference"
    difference=$(largest_difference one "of$count" "pixel_accuracy miou boundary_f1 article_pixel_accuracy")
    # a pixel of 10240 whose classes are as good as equal may fall on the other side
    awk -v d="$difference" 'BEGIN { exit !(d > 1e-3) }' && fail "$count processes: metrics differ by $difference"
    grep -q "\"processes\":[[:space:]]*$count" "of$count/manifest.json" || fail "the manifest does not say $count processes"
done
head -1 one/metrics.csv | grep -q article_pixel_accuracy || fail "no figures of the article's kind"
ranks 2 net.yaml --out again >log 2>&1 || fail "$(cat log)"
cmp -s of2/checkpoints/last.safetensors again/checkpoints/last.safetensors || fail "two processes: other bits the second time"
cmp -s of2/checkpoints/best.safetensors again/checkpoints/best.safetensors || fail "two processes: other best weights"
for file in steps.jsonl grids/epoch_04.png; do
    cmp -s "of2/$file" "again/$file" || fail "two processes: another $file the second time"
done
for folder in one of2; do (cd $folder/gallery && ls) >$folder.files; done
cmp -s one.files of2.files || fail "another gallery: $(diff one.files of2.files)"
# figures of every validation image, whichever process had it
paste -d, one/gallery/*.csv of2/gallery/*.csv | awk -F, 'NR > 1 { n = NF / 2
    for (i = 1; i <= n; i++) if ($i != $(i + n) && (i == 1 || ($i - $(i + n)) ^ 2 > 4e-4)) exit 1 }' ||
    fail "other figures of images: $(head -3 one/gallery/*.csv of2/gallery/*.csv)"

# --- norms apart, as PyTorch's DistributedDataParallel: learns, and the network's statistics are rank 0's
ranks 2 net.yaml --set train.sync_norm=false --out apart >log 2>&1 || fail "norms apart: $(cat log)"
steps_differ one apart 1e-4 >/dev/null || fail "norms apart gave the losses of norms together"
"$segwork" eval -q --checkpoint apart/checkpoints/last.safetensors --json >eval.json 2>log || fail "eval: $(cat log)"

# --- stopped and resumed
ranks 2 net.yaml --set train.max_minutes=0.00001 --out stopped >log 2>&1
status=$?
[[ $status -eq 130 ]] || fail "a stopped run ended with $status: $(cat log)"
[[ $(grep -c 'everything is saved' log) -eq 1 ]] || fail "not one message about stopping: $(cat log)"
ranks 2 --resume stopped --set train.max_minutes=0 >log 2>&1 || fail "resumed: $(cat log)"
cmp -s of2/checkpoints/last.safetensors stopped/checkpoints/last.safetensors || fail "stopped and resumed: other bits"

# --- one process is killed; the run goes on from the epoch's end
ranks 2 net.yaml --set train.epochs=2000 --out killed >log 2>&1 &
for _ in $(seq 300); do
    sleep 0.1
    [[ -s killed/metrics.jsonl && -e killed/checkpoints/resume.safetensors ]] && break
done
begun=$SECONDS
pkill -KILL -n -f "run -q net.yaml --set train.epochs=2000 --out killed" || fail "there was no process to kill"
wait %1 && fail "killing a process did not end the run"
((SECONDS - begun <= 15)) || fail "the others ended only $((SECONDS - begun)) s after one was killed"
grep -q "rank 1" log || fail "no message names the process that was killed: $(cat log)"
# the rate is constant, so that a run that was planned for other epochs has the same weights after each
epochs=$(($(wc -l <killed/metrics.jsonl) + 1))
ranks 2 --resume killed --set train.epochs=$epochs >log 2>&1 || fail "resumed after a kill: $(cat log)"
ranks 2 net.yaml --set train.epochs=$epochs --out whole >log 2>&1 || fail "$(cat log)"
cmp -s whole/checkpoints/last.safetensors killed/checkpoints/last.safetensors ||
    fail "killed and resumed to epoch $epochs: other bits"

# --- with another number of processes: goes on, and says that the bits differ
cp -r stopped other
ranks 3 --resume other --set train.epochs=5 >log 2>&1 || fail "with three: $(cat log)"
grep -q "trained by 2 processes until now and continues with 3" log || fail "nothing about the other number: $(cat log)"

# --- mistakes
ranks 2 net.yaml --set train.batch_size=1 --out small >log 2>&1 && fail "a batch of one image for two processes was taken"
[[ $(grep -c "each of the 2 processes needs an image" log) -eq 1 ]] || fail "not one message: $(cat log)"
ranks 2 missing.yaml >log 2>&1 && fail "a missing file was taken"
[[ $(grep -c "missing.yaml" log) -eq 1 ]] || fail "not one message about a missing file: $(cat log)"
timeout 60 "$mpiexec" -n 2 "$segwork" eval --checkpoint one >log 2>&1 && fail "two processes evaluated"
grep -q "only 'segwork run' shares it out" log || fail "$(cat log)"
"$segwork" data synth fewer --train 41 --val 10 --size 32 --seed 5 >/dev/null 2>&1
timeout 60 "$mpiexec" -n 1 "$segwork" run -q net.yaml --out data1 : -n 1 "$segwork" run -q net.yaml --set data.root=fewer >log 2>&1 &&
    fail "processes with other experiments were taken"
grep -q "rank 1 has another experiment" log || fail "$(cat log)"
ranks 2 net.yaml --set optimizer.lr=100 --set optimizer.weight_decay=100 --set train.epochs=40 --out nan >log 2>&1 && fail "a loss that is NaN was taken"
[[ $(grep -cE "the loss is (NaN|infinite)" log) -eq 1 ]] || fail "not one message about a loss: $(cat log)"
exit "$failed"

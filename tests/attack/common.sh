# shellcheck shell=bash
# What all kinds of attack share: random choices, the undisturbed results, commands under a limit of time, and what
# has to hold afterwards. Read by tools/attack, which names $work, $kept, $segwork, $faults, $damage.
# shellcheck disable=SC2034,SC2154

base=$work/base
files_aside='*partial*' # names of files that are being written
epochs=3

# ---- choices: only of $RANDOM, which every case sets from the seed ----

# pick VARIABLE N: a number in 0..N-1. pick_of VARIABLE WORD...: one of the words.
pick() { printf -v "$1" %d $(((RANDOM * 32768 + RANDOM) % $2)); }
pick_of() {
    local -n chosen=$1
    local number
    shift
    pick number $#
    shift "$number"
    chosen=$1
}

# ---- verdicts: each ends the case ----

say() {
    printf '%s %s\n' "$1" "$2" >"$work/verdict"
    exit 0
}
well() { say well "$*"; }
refused() { say refused "$*"; }
fault() {
    local all="$*${last_command:+ ($last_command)}"
    all=${all//$sources\//}
    say fault "${all//$work\//}"
}

# ---- commands ----

# try ARGUMENT...: segwork under the limit of time, with the settings of the array `with`. Sets `code`; what was said is in
# said.txt and errors.txt.
with=()
try() {
    code=0
    last_command="${with[*]} segwork $*"
    timeout -k 5 "$case_seconds" env "${with[@]}" "$segwork" "$@" >said.txt 2>errors.txt </dev/null || code=$?
}

# The exit code is one of the documented ones, and failures have a message.
expect_decent() {
    case $code in
    0) ;;
    1 | 2 | 130) [[ -s errors.txt ]] || fault "exit code $code without a message" ;;
    124 | 137) fault "no end within $case_seconds s" ;;
    *) fault "exit code $code: $(tail -n 1 errors.txt)" ;;
    esac
}

# What writes files, all of them below new/: sets `command`. Those of single_files write the file `target`.
single_files=(npz onnx safetensors gif svg png page table batch)
writers=("${single_files[@]}" frames predict figures synth)
writer() {
    local run=${2:-$base/whole}
    target=""
    case $1 in
    npz | onnx | safetensors) target=new/m.$1 command=(export "$run" --out "new/m.$1") ;;
    gif) target=new/film.gif command=(render "$run" --gif new/film.gif) ;;
    svg | png) target=new/curves.$1 command=(plot "$run" --out "new/curves.$1") ;;
    page) target=new/page.html command=(report "$run" --out new/page.html) ;;
    table) target=new/table.html command=(compare "$run" "$base/stopped" --out new/table.html) ;;
    batch) target=new/batch.png command=(data browse "$run/config.yaml" --out new/batch.png --count 2) ;;
    frames) command=(render "$run" --frames new/frames --panels "input,truth,prediction,error,confidence") ;;
    predict) command=(predict --checkpoint "$run" --out new/masks --overlay --probabilities --shares new/shares.csv pets/images) ;;
    figures) command=(eval --checkpoint "$run" --out new/figures) ;;
    synth) command=(data synth new/pets --train 9 --val 4 --size 40 --seed 3) ;;
    esac
}

# What an undisturbed command writes, and how often it calls what: $base/NAME/new and $base/NAME/counts.
reference() {
    [[ ! -e $base/$1/counts ]] || return 0
    rm -rf "${base:?}/$1" && mkdir -p "$base/$1/new"
    ln -s "$base/pets" "$base/$1/pets"
    local was=$PWD with=(LD_PRELOAD="$faults" ATTACK_COUNTS=counts)
    cd "$base/$1" || exit
    writer "$1"
    try "${command[@]}"
    cd "$was" || exit
    [[ $code -eq 0 ]] || fault "an undisturbed '${command[*]}' ends with $code: $(tail -n 1 "$base/$1/errors.txt")"
}

# How often the undisturbed command makes that call: of the file that reference() or prepare() left.
count_of() { awk -v call="$2" '$1 == call { print $2 }' "$base/$1/counts"; }

train=(run "$sources/tests/support/tiny.yaml" --set "train.epochs=$epochs" --set train.batch_size=2)

# Data, an undisturbed training, another one to have something else, one that was stopped in its second epoch.
prepare() {
    mkdir "$base" && cd "$base" || return
    exec 3>&1 4>&2 >"$kept/prepare.txt" 2>&1
    "$segwork" data synth pets --train 10 --val 4 --size 32 --seed 5 &&
        "$segwork" "${train[@]}" --out warm && # compiles the kernels, so that the next one's time is a training's
        local begun=$EPOCHREALTIME && mkdir train resume finished &&
        env LD_PRELOAD="$faults" ATTACK_COUNTS=train/counts "$segwork" "${train[@]}" --out whole &&
        training_ms=$(((${EPOCHREALTIME/[.,]/} - ${begun/[.,]/}) / 1000)) &&
        "$segwork" "${train[@]}" --set seed=8 --out other && rm -r warm
    local code=$?
    env LD_PRELOAD="$faults" ATTACK_CALL=rename ATTACK_NTH=19 ATTACK_DO='kill 2' "$segwork" "${train[@]}" --out stopped
    [[ $? -eq 130 ]] || code=1
    cp -r stopped going_on && env LD_PRELOAD="$faults" ATTACK_COUNTS=resume/counts "$segwork" run --resume going_on || code=1
    cp -r whole over && env LD_PRELOAD="$faults" ATTACK_COUNTS=finished/counts "$segwork" run --resume over || code=1
    cp -r whole whole.before
    exec 1>&3 2>&4
    cd "$sources" || return
    return "$code"
}

# ---- what has to hold ----

# A finished training is the undisturbed one, but for what tells times.
expect_same_run() {
    local different
    different=$(diff -rq -x log.txt -x manifest.json -x 'events.*' -x 'metrics.*' -x resume.safetensors -x "$files_aside" \
        "$base/whole" "$1") || fault "the run ends differently: ${different//$'\n'/; }"
    cmp -s <(without_times "$base/whole/metrics.jsonl") <(without_times "$1/metrics.jsonl") ||
        fault "the run ends with other metrics"
    [[ $(wc -l <"$1/metrics.csv") == $((epochs + 1)) ]] || fault "metrics.csv has another number of lines"
}
without_times() { sed -E 's/"(seconds|images_per_second)":[^,}]*//g' "$1"; }

# No file that is half written, where no process was killed.
expect_nothing_aside() {
    local left
    left=$(find "$@" -name "$files_aside" -print -quit 2>/dev/null)
    [[ -z $left ]] || fault "left behind: $left"
}

# Each file below new/ is whole, that is the undisturbed command's, or (second argument) what was there before; with exit
# code 0 all of them are there and new.
expect_outputs() {
    local file
    while read -r file; do
        cmp -s "new/$file" "$base/$1/new/$file" || { [[ $code -ne 0 ]] && is_excused "$1" "$file" "${2-}"; } ||
            fault "exit code $code, and $file is not whole"
    done < <(cd new && find . -type f ! -name "$files_aside")
    [[ $code -ne 0 ]] || diff -rq -x "$files_aside" "$base/$1/new" new >/dev/null || fault "exit code 0, and files are missing"
}

# Of a command that failed: the file that was there before; the mark of an unfinished set; rows of those pictures alone
# that could be predicted.
is_excused() {
    case $1/$2 in
    synth/./pets/synth.json) grep -q '"complete": false' "new/$2" ;;
    predict/./shares.csv) ! grep -qvxFf "$base/$1/new/$2" "new/$2" ;;
    *) [[ -n $3 ]] && cmp -s "new/$2" "$3" ;;
    esac
}

# The run that the commands read is as it was.
expect_untouched() {
    local different
    different=$(diff -rq "$base/whole.before" "$base/whole") || fault "a reader changed the run: $different"
}

# Chooses a command that writes something, and in every other case puts a file where it writes; sets the caller's name and
# old (that file, or nothing).
pick_writer() {
    local filled
    old=""
    pick_of name "${writers[@]}"
    reference "$name"
    mkdir new
    writer "$name"
    pick filled 2
    if [[ $filled -eq 1 && -n $target ]]; then
        old=$work/old
        echo "what was there before" | tee "$old" >"$target"
    fi
}

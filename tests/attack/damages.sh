# shellcheck shell=bash disable=SC2034,SC2154,SC2317 # variables of, and functions for, the other files
# Damaged files: one file of a run is damaged (tests/attack/damage.c), then something reads the run. It ends with a
# message or a result, and what was not damaged stays.

files_of_runs=(config.yaml manifest.json steps.jsonl metrics.jsonl metrics.csv log.txt checkpoints/best.safetensors
    checkpoints/last.safetensors checkpoints/resume.safetensors)
readers=(npz onnx safetensors gif svg png page table frames predict figures resume resume resume)
things=(gone empty pipe folder link) # instead of a file

# All other files are as they were; resuming may add to log.txt.
expect_others_kept() {
    local before=$1 file=$2 different
    different=$(diff -rq -x log.txt -x "${file##*/}" "$before" run 2>&1) || fault "$what: a command changed ${different//$'\n'/; }"
}

# Exit code 0 after the checkpoint that a command reads was damaged: only the whole result will do.
expect_checked_weights() {
    local reader=$1 file=$2
    [[ $code -eq 0 && $file == checkpoints/best.safetensors && $reader =~ ^(npz|onnx|safetensors|predict|figures)$ ]] || return
    has_warned || diff -rq "$base/$reader/new" new >/dev/null || fault "$what: damaged weights are taken"
}

# A run that is done, or was stopped, is resumed.
resume_damaged() {
    local from=$1 file=$2 first
    try run --resume run
    expect_decent
    if [[ $code -ne 0 || $from == whole ]]; then
        expect_others_kept "$base/$from.damaged" "$file"
        [[ $code -eq 0 ]] || refused "$what"
        well "$what"
    fi
    diff -rq -x "${file##*/}" "$base/whole/checkpoints" run/checkpoints >differing.txt
    grep -qv resume.safetensors differing.txt && fault "$what: the run ends with other weights"
    first=$(wc -l <"$base/stopped/metrics.jsonl")
    [[ $file != checkpoints/* ]] || cmp -s <(head -n "$first" "$base/stopped/metrics.jsonl") <(head -n "$first" run/metrics.jsonl) ||
        fault "$what: the run began anew"
    for list in steps metrics; do
        [[ $(numbers "run/$list.jsonl") == "$(numbers "$base/whole/$list.jsonl")" ]] ||
            fault "$what: $list.jsonl has other rows, with exit code 0"
    done
    well "$what"
}
numbers() { sed -E 's/^\{"(step|epoch)":([0-9]+),.*\}$/\2/' "$1" | tr '\n' ' '; }

# Every third case is one of all files and things, so that a short round has tried each of them.
choose_damage() {
    local masks combinations=$((${#files_of_runs[@]} * ${#things[@]})) at
    if [[ $((number % 3)) -eq 0 ]]; then
        at=$((number * 7 / 3 % combinations)) reader=resume
        file=${files_of_runs[at % ${#files_of_runs[@]}]} damage_done=${things[at / ${#files_of_runs[@]}]}
        return
    fi
    pick_of reader "${readers[@]}"
    pick_of file "${files_of_runs[@]}" checkpoints/best.safetensors picture picture picture
    pick damage_done 1000000000
    [[ $file == picture ]] || return
    mapfile -t masks < <(cd run && find masks gallery grids -type f | sort)
    pick_of file "${masks[@]}"
}

attack_damages() {
    local from file reader damage_done
    pick_of from whole whole stopped
    cp -r "$base/$from" run
    choose_damage
    what=$("$damage" "run/$file" "$damage_done") || fault "no damage was done: $what"
    rm -rf "$base/$from.damaged"
    cp -r --preserve=all run "$base/$from.damaged"
    [[ $reader != resume ]] || resume_damaged "$from" "$file"
    reference "$reader"
    mkdir new
    writer "$reader" run
    try "${command[@]}"
    expect_decent
    expect_others_kept "$base/$from.damaged" "$file"
    expect_nothing_aside new run
    [[ $from != whole ]] || expect_checked_weights "$reader" "$file"
    [[ $code -eq 0 ]] || refused "$what"
    well "$what"
}

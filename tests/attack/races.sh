# shellcheck shell=bash disable=SC2034,SC2154,SC2317 # variables of, and functions for, the other files
# Races: two processes that write one file, one folder or one run. What is there afterwards is one of the two.

# together FIRST SECOND: runs two functions at once, the second a little later. Sets code_a and code_b.
together() {
    local wait
    pick wait 40
    "$1" >said_a.txt 2>errors_a.txt </dev/null &
    local a=$!
    sleep "$(printf '0.%03d' "$wait")"
    "$2" >said_b.txt 2>errors_b.txt </dev/null &
    local b=$!
    code_a=0 code_b=0
    wait "$a" || code_a=$?
    wait "$b" || code_b=$?
    for which in a b; do
        code=code_$which
        code=${!code}
        cp "errors_$which.txt" errors.txt
        expect_decent
    done
}
limited() { timeout -k 5 "$case_seconds" "$segwork" "$@"; }

race_files() {
    local name round
    pick_of name "${single_files[@]}"
    reference "$name"
    race_reference "$name"
    writer "$name" "$base/other"
    local other=("${command[@]}")
    writer "$name"
    last_command="segwork ${command[*]} & segwork ${other[*]}"
    write_a() { limited "${command[@]}"; }
    write_b() { limited "${other[@]}"; }
    for round in 1 2 3 4 5; do
        rm -rf new
        mkdir new
        together write_a write_b
        [[ $code_a -eq 0 || $code_b -eq 0 ]] || fault "neither of two writers has succeeded: $(<errors_a.txt)"
        { [[ $code_a -eq 0 ]] && cmp -s "$target" "$base/$name/$target"; } ||
            { [[ $code_b -eq 0 ]] && cmp -s "$target" "$base/other_$name/$target"; } ||
            fault "exit codes $code_a and $code_b, and $target is neither's (round $round)"
        expect_nothing_aside new
    done
    [[ $code_a -eq 0 && $code_b -eq 0 ]] || refused
    well
}

# The same of the other run.
race_reference() {
    [[ ! -e $base/other_$1 ]] || return 0
    mkdir -p "$base/other_$1/new"
    ln -s "$base/pets" "$base/other_$1/pets"
    writer "$1" "$base/other"
    (cd "$base/other_$1" && limited "${command[@]}" >/dev/null) || fault "an undisturbed '${command[*]}' fails"
}

# Both are begun or resumed in one folder: one does it, the other is refused.
race_trainings() {
    local resumed
    pick resumed 2
    train_it() { limited "${train[@]}" --out run; }
    if [[ $resumed -eq 1 ]]; then
        cp -r "$base/stopped" run
        train_it() { limited run --resume run; }
    fi
    last_command="two trainings at once, resumed: $resumed"
    together train_it train_it
    [[ $code_a -eq 0 || $code_b -eq 0 ]] || fault "neither of two trainings has succeeded: $(<errors_a.txt)"
    expect_same_run run
    expect_nothing_aside run
    [[ $code_a -eq 0 && $code_b -eq 0 ]] || refused
    well
}

# Folders of files, written twice at once with the same content.
race_folders() {
    local name
    pick_of name frames predict figures synth
    reference "$name"
    writer "$name"
    last_command="twice at once: segwork ${command[*]}"
    mkdir new
    write_it() { limited "${command[@]}"; }
    together write_it write_it
    code=$((code_a < code_b ? code_a : code_b))
    [[ $code -eq 0 ]] || fault "neither of two writers has succeeded: $(<errors_a.txt)"
    expect_outputs "$name"
    expect_nothing_aside new
    [[ $code_a -eq 0 && $code_b -eq 0 ]] || refused
    well
}

# Who reads a run while it is trained finds whole lines and pictures.
race_readers() {
    local name
    pick_of name svg png page table gif frames
    writer "$name" run
    mkdir new
    train_it() { limited "${train[@]}" --out run; }
    read_it() {
        local polls=0
        while [[ ! -e run/masks/epoch_01.png && $((polls++)) -lt 3000 ]]; do sleep 0.01; done
        limited "${command[@]}"
    }
    last_command="while it is trained: segwork ${command[*]}"
    together train_it read_it
    [[ $code_a -eq 0 ]] || fault "the training ends with $code_a: $(<errors_a.txt)"
    [[ $code_b -eq 0 ]] || fault "the reader ends with $code_b: $(<errors_b.txt)"
    expect_same_run run
    well
}

attack_races() {
    local which
    pick which 6
    case $which in
    0) race_trainings ;;
    1) race_folders ;;
    2) race_readers ;;
    *) race_files ;;
    esac
}

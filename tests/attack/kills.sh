# shellcheck shell=bash disable=SC2034,SC2154,SC2317 # variables of, and functions for, the other files
# Kills: of trainings, which then go on and end as if nothing had been; of other commands, whose files are whole or not
# there. At a random moment, or right before a random system call.

calls_of_kills=(write fsync rename open mkdir flush truncate)

# doom NAME MILLISECONDS ARGUMENT...: runs segwork and kills it. NAME: whose calls are counted; MILLISECONDS: within which.
doom() {
    local name=$1 most=$2 signal how call count nth ms
    shift 2
    pick_of signal KILL KILL TERM INT
    pick how 3
    pick_of call "${calls_of_kills[@]}"
    count=$(count_of "$name" "$call")
    with=()
    if [[ $how -gt 0 && $count -gt 0 ]]; then
        pick nth "$count"
        with=(LD_PRELOAD="$faults" ATTACK_CALL="$call" ATTACK_NTH=$((nth + 1)) ATTACK_DO="kill $(kill -l "$signal")")
        try "$@"
    else
        pick ms "$most"
        code=0
        printf -v ms %d.%03d $((ms / 1000)) $((ms % 1000 + 1))
        last_command="SIG$signal after $ms s: segwork $*"
        timeout --foreground --preserve-status -k "$case_seconds" -s "$signal" "$ms" "$segwork" "$@" \
            >said.txt 2>errors.txt </dev/null || code=$?
    fi
    with=()
    case $code:$signal in
    0:* | 1:* | 2:* | 130:* | 137:KILL | 143:TERM) ;;
    137:* | 124:*) fault "does not end upon SIG$signal" ;;
    *) fault "exit code $code upon SIG$signal: $(tail -n 1 errors.txt)" ;;
    esac
}

kill_training() {
    local again
    doom train "$training_ms" "${train[@]}" --out run
    pick again 3
    while [[ -e run/config.yaml && $again -gt 0 ]]; do
        doom resume "$training_ms" run --resume run
        again=$((again - 1))
    done
    try run --resume run
    if [[ ! -e run/config.yaml ]]; then
        [[ $code -eq 2 ]] || fault "a run that never began is resumed with exit code $code"
        refused "it never began"
    fi
    [[ $code -eq 0 ]] || fault "a killed run does not go on, exit code $code: $(tail -n 1 errors.txt)"
    expect_same_run run
    expect_nothing_aside run
    well
}

kill_writer() {
    local name old
    pick_writer
    doom "$name" 700 "${command[@]}"
    expect_outputs "$name" "$old"
    [[ $name != synth ]] || expect_no_lists_of_missing_pictures new/pets
    try "${command[@]}"
    [[ $code -eq 0 ]] || fault "the command cannot be repeated, exit code $code: $(tail -n 1 errors.txt)"
    expect_outputs "$name"
    expect_nothing_aside new
    expect_untouched
    well
}

# Where a list is there, so are the pictures that it names: a half-drawn set must not look like a small one.
expect_no_lists_of_missing_pictures() {
    local list picture rest
    for list in "$1"/annotations/{trainval,test}.txt; do
        [[ -e $list ]] || continue
        while read -r picture rest; do
            [[ $picture == '#' || (-e $1/images/$picture.jpg && -e $1/annotations/trimaps/$picture.png) ]] ||
                fault "$list names $picture, which was not drawn yet"
        done <"$list"
    done
}

attack_kills() {
    local which
    pick which 3
    if [[ $which -eq 0 ]]; then kill_writer; else kill_training; fi
}

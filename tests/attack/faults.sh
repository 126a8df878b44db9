# shellcheck shell=bash disable=SC2034,SC2154,SC2317 # variables of, and functions for, the other files
# Faults: the Nth call of a kind fails, once or from then on (tests/attack/faults.c). The command ends with a message and
# without half a file, or does what it would have done.

printers=("check --keys" man "check --schema-json" "check --schema-markdown" "describe $base/whole/config.yaml"
    "compare $base/whole $base/other" "compare $base/whole --format json" "completion bash" "completion fish" "--help"
    "run --help" "plot --help")

has_warned() { grep -q '^warning' errors.txt; }
# Without memory, libarchive ends the process itself, as a signal would.
was_ended() { grep -q '^Fatal Internal Error in libarchive: Out of memory' errors.txt; }

# spoil NAME: sets `with` for a fault in one of the calls that the undisturbed command NAME makes.
spoil() {
    local call count nth stays what calls
    mapfile -t calls < <(awk '$2 > 0 { print $1 }' "$base/$1/counts")
    pick_of call "${calls[@]}"
    count=$(count_of "$1" "$call")
    pick nth "$count"
    pick stays 4
    case $call in
    read) pick_of what 5 5 4 short ;; # EIO, EINTR
    write) pick_of what 5 28 122 4 short ;; # ENOSPC, EDQUOT
    open) pick_of what 5 13 24 12 ;; # EACCES, EMFILE, ENOMEM
    stat) pick_of what 5 13 40 12 ;; # ELOOP
    malloc | mmap) what=12 ;;
    *) pick_of what 5 28 13 30 ;; # EROFS
    esac
    with=(LD_PRELOAD="$faults" ATTACK_CALL="$call" ATTACK_NTH=$((nth + 1)) ATTACK_DO="$what")
    [[ $stays -gt 0 || $what == 4 ]] || with+=(ATTACK_STAYS=1) # a call that is interrupted for ever may be tried for ever
}

spoil_writer() {
    local name old
    pick_writer
    spoil "$name"
    try "${command[@]}"
    expect_decent
    # what is left out with a warning is no secret: a picture of the data that cannot be read, a part of a page
    [[ $code -ne 0 ]] || ! has_warned || refused
    expect_outputs "$name" "$old"
    was_ended || expect_nothing_aside new
    expect_untouched
    [[ $code -eq 0 ]] || refused
    well
}

# A training, or one that goes on: afterwards it can go on and ends as if nothing had been.
spoil_training() {
    local resumed
    pick resumed 2
    if [[ $resumed -eq 1 ]]; then
        cp -r "$base/stopped" run
        spoil resume
        try run --resume run
    else
        spoil train
        try "${train[@]}" --out run
    fi
    expect_decent
    local first=$code
    ! grep -q '; skipped$' errors.txt || refused "with a warning, of a picture that cannot be read"
    if [[ ! -e run/config.yaml ]]; then
        [[ $first -ne 0 ]] || fault "exit code 0 without a run"
        refused
    fi
    expect_nothing_aside run
    with=()
    if [[ $first -ne 0 ]]; then
        local message
        message=$(tail -n 1 errors.txt)
        try run --resume run
        [[ $code -eq 0 ]] || fault "the run does not go on after '$message': $(tail -n 1 errors.txt)"
    fi
    expect_same_run run
    [[ $resumed -eq 0 ]] || expect_history run
    [[ $first -eq 0 ]] || refused
    well
}

# What the stopped run had recorded is still there, times and all: it went on, and did not begin again.
expect_history() {
    cmp -s "$base/stopped/metrics.jsonl" <(head -n "$(wc -l <"$base/stopped/metrics.jsonl")" "$1/metrics.jsonl") ||
        fault "the run began anew: its first epochs were done again"
}

# A run that is done stays as it is, whatever fails. Every fourth case of all asks for its files in turn, from the last one
# on: "cannot be seen" is not "is not there".
spoil_finished() {
    local different count
    cp -r "$base/whole" run
    spoil finished
    if [[ $((number % 4)) -eq 0 ]]; then
        count=$(count_of finished stat)
        with=(LD_PRELOAD="$faults" ATTACK_CALL=stat ATTACK_NTH=$((count - number / 4 % count)) ATTACK_DO=5)
    fi
    try run --resume run
    expect_decent
    different=$(diff -rq -x log.txt "$base/whole" run) || fault "a finished run was changed: ${different//$'\n'/; }"
    [[ $code -eq 0 ]] || refused
    well
}

# Standard streams that the caller has closed: nothing that is printed may get into a file that is opened then.
close_streams() {
    code=0 last_command="segwork ${train[*]} --out run <&- >&- 2>&-"
    timeout -k 5 "$case_seconds" "$segwork" "${train[@]}" --out run <&- >&- 2>&- || code=$?
    [[ $code -eq 0 ]] || fault "exit code $code with closed streams"
    expect_same_run run
    well
}

spoil_printer() {
    local words name
    pick_of words "${printers[@]}"
    name=printer_${words//[^a-z]/_}
    # shellcheck disable=SC2086 # several words
    if [[ ! -e $base/$name/counts ]]; then
        mkdir -p "$base/$name"
        with=(LD_PRELOAD="$faults" ATTACK_COUNTS=counts)
        cd "$base/$name" || exit
        try $words
        cd "$OLDPWD" || exit
    fi
    spoil "$name"
    # shellcheck disable=SC2086
    try $words
    expect_decent
    [[ $code -ne 0 ]] || cmp -s said.txt "$base/$name/said.txt" || has_warned || fault "exit code 0 with a shortened text"
    [[ $code -eq 0 ]] || refused
    well
}

attack_faults() {
    local which
    pick which 10
    [[ $((number % 4)) -ne 0 ]] || which=0
    case $which in
    0) spoil_finished ;;
    1 | 2 | 3) spoil_training ;;
    4 | 5) spoil_printer ;;
    6) close_streams ;;
    *) spoil_writer ;;
    esac
}

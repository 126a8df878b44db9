# shellcheck shell=bash disable=SC2034,SC2154,SC2317 # variables of, and functions for, the other files
# Full disks: of trainings, which go on once there is room; of other commands, which fail with a message and publish
# nothing; of standard output.

# As root the folder disk/ on a small disk of its own, with room for $1 KiB (or few files); otherwise no file may be
# larger. Both end with give_room.
take_room() {
    local few
    mkdir disk
    pick few 4
    if [[ -n ${ATTACK_MOUNTS-} ]]; then
        local options=size=$1k
        [[ $few -gt 0 ]] || options=size=64m,nr_inodes=$(($1 / 8 + 4))
        mount -t tmpfs -o "$options" tmpfs disk || fault "the disk cannot be mounted"
    else
        trap '' XFSZ
        ulimit -S -f "$1"
    fi
}
give_room() {
    if [[ -n ${ATTACK_MOUNTS-} ]]; then mount -o remount,size=64m,nr_inodes=100000 disk; else ulimit -S -f unlimited; fi
}

fill_training() {
    local room
    pick room $((($(du -sk "$base/whole" | cut -f1) + 60) / 4))
    take_room $((4 * room + 4))
    try "${train[@]}" --out disk/run
    expect_decent
    local first=$code
    give_room
    if [[ ! -e disk/run/config.yaml ]]; then
        [[ $first -ne 0 ]] || fault "exit code 0 without a run"
        refused
    fi
    try run --resume disk/run
    [[ $code -eq 0 ]] || fault "the run does not go on once there is room: $(tail -n 1 errors.txt)"
    expect_same_run disk/run
    expect_nothing_aside disk
    [[ $first -eq 0 ]] || refused
    well
}

fill_writer() {
    local name room
    pick_of name "${writers[@]}"
    reference "$name"
    pick room $((($(du -sk "$base/$name/new" | cut -f1) + 12) / 4))
    take_room $((4 * room + 4))
    mkdir disk/new
    ln -s disk/new new
    writer "$name"
    try "${command[@]}"
    expect_decent
    expect_outputs "$name"
    expect_nothing_aside disk
    expect_untouched
    [[ $code -eq 0 ]] || refused
    well
}

fill_output() {
    local words
    pick_of words "check --keys" man "check --schema-json" "compare $base/whole" "devices" "--help" "run --help" \
        "describe $base/whole/config.yaml" "completion bash" "data stats pets" "eval --checkpoint $base/whole"
    code=0 last_command="segwork $words >/dev/full"
    # shellcheck disable=SC2086 # several words
    timeout -k 5 "$case_seconds" "$segwork" $words >/dev/full 2>errors.txt </dev/null || code=$?
    expect_decent
    [[ $code -ne 0 ]] || fault "exit code 0 without an output"
    refused
}

attack_disks() {
    local which
    pick which 5
    case $which in
    0) fill_output ;;
    1 | 2) fill_writer ;;
    *) fill_training ;;
    esac
}

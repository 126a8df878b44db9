#!/bin/sh
# Runs every kernel once in oclgrind, a simulator that sees each access outside a buffer and each data race, at tiny
# shapes: with the kernels meant for GPUs, and with those meant for CPUs. Then once more with a kernel that was broken on
# purpose, to know that the simulator would have told.
#
# usage: oclgrind.sh SEGWORK KERNEL-FOLDER      exit code 77: oclgrind is not installed
set -eu
segwork=$1
kernels=$2

if ! command -v oclgrind >/dev/null; then
    echo "skipped: oclgrind is not installed"
    exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# simulate NAME ARGUMENTS...: output to NAME.out, the simulator's findings to NAME.log
simulate() {
    name=$1
    shift
    oclgrind --data-races --check-api --inst-counts --max-errors 20 --log "$scratch/$name.log" \
        "$segwork" selftest --tiny "$@" >"$scratch/$name.out" 2>&1
}

fail() {
    echo "FAILED: $1"
    exit 1
}

# cpu: so little local memory that nothing is done in one kernel; cpu_roomy: so much that everything is that can be
for flavour in gpu cpu cpu_roomy; do
    case $flavour in
    gpu) option= ;;
    cpu)
        option=--as-cpu
        export OCLGRIND_LOCAL_MEM_SIZE=$((16 * 1024))
        ;;
    cpu_roomy)
        option="--as-cpu --op conv2d"
        export OCLGRIND_LOCAL_MEM_SIZE=$((512 * 1024))
        ;;
    esac
    # shellcheck disable=SC2086 # no option, no argument
    if ! simulate $flavour $option; then
        grep -v '^ *[0-9][0-9]* - ' "$scratch/$flavour.out" | grep -v '^Instructions executed' | cat -s
        cat "$scratch/$flavour.log"
        fail "segwork selftest, kernels for a $flavour"
    fi
    if [ -s "$scratch/$flavour.log" ]; then
        cat "$scratch/$flavour.log"
        fail "oclgrind has something against the kernels for a $flavour"
    fi
    grep ' cases passed' "$scratch/$flavour.out"
done

# Which kernels were run, against which there are; peak.cl only measures speed.
sed -n "s/^Instructions executed for kernel '\(.*\)':\$/\1/p" "$scratch/gpu.out" "$scratch/cpu.out" "$scratch/cpu_roomy.out" |
    sort -u >"$scratch/run"
find "$kernels" -name '*.cl' ! -name peak.cl -exec cat {} + | tr '\n' ' ' |
    grep -o '__kernel  *void  *[a-z0-9_]*' | sed 's/.* //' | sort -u >"$scratch/there"
missing=$(comm -13 "$scratch/run" "$scratch/there")
[ -z "$missing" ] || fail "never run: $(echo "$missing" | tr '\n' ' ')"
echo "$(wc -l <"$scratch/there") kernels run"

# A store one vector behind its place must be reported.
mkdir "$scratch/broken"
cp "$kernels"/*.cl "$kernels"/*.clh "$scratch/broken"
sed -i 's/STOREY(LOADX(x, from), y, to);/STOREY(LOADX(x, from), y, to + 24);/' "$scratch/broken/upsample.cl"
cmp -s "$kernels/upsample.cl" "$scratch/broken/upsample.cl" && fail "the kernel to be broken has changed"
SEGWORK_KERNEL_DIR=$scratch/broken simulate broken --op upsample && fail "a broken kernel passed the self-test"
grep -q 'Invalid write' "$scratch/broken.log" || fail "oclgrind did not notice a write behind a buffer"
echo "a broken kernel is found"

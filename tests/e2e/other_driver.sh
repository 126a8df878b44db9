#!/bin/sh
# segwork on a driver that is not PoCL and on a device that says it is a GPU: Mesa's rusticl, whose own compiler makes
# SPIR-V and then the processor's code, and which names work-groups of 32 items as the most of every kernel. It is slow,
# so shapes are tiny.
#
# usage: other_driver.sh SEGWORK SOURCES      exit code 77: Mesa's OpenCL is not installed (mesa-opencl-icd)
set -eu
segwork=$1
sources=$2

vendors=/etc/OpenCL/vendors
if ! [ -e $vendors/rusticl.icd ] || ! [ -e $vendors/pocl.icd ]; then
    echo "skipped: mesa-opencl-icd is not installed"
    exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/vendors"
cp $vendors/rusticl.icd $vendors/pocl.icd "$scratch/vendors"
export OCL_ICD_VENDORS="$scratch/vendors" RUSTICL_ENABLE=swrast RUSTICL_DEVICE_TYPE=gpu
export MESA_SHADER_CACHE_DIR="$scratch/cache"

fail() {
    echo "FAILED: $1"
    exit 1
}

"$segwork" devices >"$scratch/devices.out"
grep -A9 'llvmpipe.*(chosen)' "$scratch/devices.out" | grep -q 'type  *gpu' || {
    cat "$scratch/devices.out"
    fail "the only GPU is not what a run would take"
}

"$segwork" selftest --tiny --device llvmpipe >"$scratch/tiny.out" 2>&1 || {
    cat "$scratch/tiny.out"
    fail "segwork selftest --tiny"
}
for op in cross_entropy batchnorm max_pool metrics optimizer; do
    "$segwork" selftest --quick --op $op --device llvmpipe >"$scratch/$op.out" 2>&1 || {
        cat "$scratch/$op.out"
        fail "segwork selftest --quick --op $op"
    }
done
grep -h ' cases passed' "$scratch"/*.out

# The same training twice gives the same bits, and the first step's loss is the one of a CPU but for rounding: single
# precision through twenty layers made 7e-7 of difference, a wrong kernel makes more than 1e-5.
"$segwork" data synth "$scratch/pets" --train 8 --val 4 --size 16 --seed 1 >/dev/null
train() {
    "$segwork" run "$sources/experiments/quickstart.yaml" --set data.root="$scratch/pets" --set data.size=16 \
        --set train.batch_size=4 --set train.epochs=1 --set grid.count=4 --device "$1" -o "$scratch/$2" \
        >"$scratch/$2.out" 2>&1 || {
        cat "$scratch/$2.out"
        fail "training on $1"
    }
}
train llvmpipe first
train llvmpipe second
train "Portable Computing Language" cpu
cmp "$scratch/first/checkpoints/last.safetensors" "$scratch/second/checkpoints/last.safetensors" ||
    fail "two trainings differ"
loss() { sed -n '1s/.*"loss":\([0-9.]*\).*/\1/p' "$scratch/$1/steps.jsonl"; }
echo "first loss $(loss first), on a CPU $(loss cpu)"
awk -v a="$(loss first)" -v b="$(loss cpu)" 'BEGIN { d = a - b; if (d < 0) d = -d; exit !(b > 0 && d < 1e-5 * b) }' ||
    fail "the first losses differ"

#!/bin/bash
# tools/rooms finds nothing in this tree, and in a made-up one each fault that it is there to find.
#
#   tests/e2e/rooms.sh SOURCE_FOLDER
set -euo pipefail
source=$1
# shellcheck source=tests/support/script.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/script.sh"

"$source/tools/rooms" >"$scratch/rooms.dot" 2>"$scratch/faults" || fail "there are faults:" "$(<"$scratch/faults")"
grep -q '"ops" -> "cl";' "$scratch/rooms.dot" || fail "no edge from ops to cl"
grep -q '"ops" -> "base" \[color=lightgrey\];' "$scratch/rooms.dot" || fail "the edge from ops to base is not light"
! command -v dot >/dev/null || dot -Tsvg "$scratch/rooms.dot" >/dev/null || fail "dot does not draw it"
grep -Eq '"base" \[label="base\\n[0-9]+ lines, [0-9.]+ %"\]' "$scratch/rooms.dot" || fail "base has no size"
"$source/tools/rooms" --help | grep -q -- --objects || fail "--help does not tell of --objects"
code=0
"$source/tools/rooms" --unknown 2>"$scratch/faults" || code=$?
[[ $code == 2 ]] || fail "exit code $code for an unknown option"

# ---- a tree of two rooms: high uses low ----

tree=$scratch/tree
make_tree() {
    rm -rf "$tree"
    mkdir -p "$tree"/{tools,cl_kernels,core/low/include/low,core/high/include/high}
    cp "$source/tools/rooms" "$tree/tools/"
    echo 'foreach(room IN ITEMS low high)' >"$tree/CMakeLists.txt"
    printf '%s\n' 'segwork_room(low' '  SOURCES a.c b.c)' >"$tree/core/low/CMakeLists.txt"
    printf '%s\n' 'segwork_room(high' '  SOURCES c.c' '  USES sw_low)' >"$tree/core/high/CMakeLists.txt"
    echo 'target_link_libraries(segwork PRIVATE sw_high)' >"$tree/tools/CMakeLists.txt"
    echo 'void in_a(void);' >"$tree/core/low/include/low/a.h"
    echo 'void in_b(void);' >"$tree/core/low/b.h"
    printf '%s\n' '#include "low/a.h"' 'void in_a(void) {}' >"$tree/core/low/a.c"
    printf '%s\n' '#include "b.h"' '#include "low/a.h"' 'void in_b(void) { in_a(); }' >"$tree/core/low/b.c"
    echo 'void in_c(void);' >"$tree/core/high/include/high/c.h"
    printf '%s\n' '#include "low/a.h"' 'void in_c(void) { in_a(); }' >"$tree/core/high/c.c"
    printf '%s\n' '#include "high/c.h"' 'int main(void) { return 0; }' >"$tree/tools/main.c"
}

# Each text must be in a line of its own on standard error, beside which there is none.
expect_faults() {
    local what=$1 text code=0
    shift
    "$tree/tools/rooms" "${options[@]}" >"$scratch/dot" 2>"$scratch/faults" || code=$?
    [[ $code == $(($# > 0)) ]] || fail "$what: exit code $code"
    [[ $(wc -l <"$scratch/faults") == "$#" ]] || fail "$what: not $# faults: $(<"$scratch/faults")"
    for text; do
        grep -Fqx -- "$text" "$scratch/faults" || fail "$what: not said: $text" "but: $(<"$scratch/faults")"
    done
}

options=()
make_tree
expect_faults "a tree in order"

printf '%s\n' '' '#include "high/c.h"' >>"$tree/core/low/a.c"
sed -i 's/SOURCES a.c b.c/& USES sw_high/' "$tree/core/low/CMakeLists.txt"
expect_faults "a circle between rooms" \
    "core/low/a.c:4: low includes high/c.h, but CMakeLists.txt lists high after low" \
    "core/high/c.c:1: circle between rooms: high -> low -> high"

make_tree
sed -i '/USES/d' "$tree/core/high/CMakeLists.txt"
expect_faults "an include that CMakeLists.txt does not name" \
    "core/high/c.c:1: high includes low/a.h, but its CMakeLists.txt does not name sw_low"

make_tree
echo '#include "../../b.h"' >>"$tree/core/low/include/low/a.h"
echo '#include "low/a.h"' >>"$tree/core/low/b.h"
expect_faults "headers that include each other" \
    "core/low/include/low/a.h:2: circle between headers of low: a.h -> b.h -> a.h"

make_tree
mkdir "$tree/core/new"
echo 'int in_d;' >"$tree/core/new/d.c"
expect_faults "a room that is not built" "core/new/d.c:1: CMakeLists.txt does not list the room new"

make_tree
for ((i = 0; i < 460; i++)); do echo; done >>"$tree/core/low/a.c"
expect_faults "a large file, unasked"
options=(--sizes)
"$tree/tools/rooms" --sizes >"$scratch/dot" 2>"$scratch/faults" && fail "a large file passes --sizes"
grep -q '^core/low/a.c: 462 lines; at most 450$' "$scratch/faults" || fail "not the large file: $(<"$scratch/faults")"
grep -q '^low: 4.. lines, .* of the program; at most' "$scratch/faults" || fail "not the large room: $(<"$scratch/faults")"

# ---- objects ----

compile() {
    local name
    mkdir -p "$tree/build/core/low/CMakeFiles/sw_low.dir"
    for name in a b; do
        cc -c -I "$tree/core/low/include" -o "$tree/build/core/low/CMakeFiles/sw_low.dir/$name.c.o" "$tree/core/low/$name.c"
    done
}

options=(--objects "$tree/build")
make_tree
compile
expect_faults "calls in order"
printf '%s\n' '#include "low/a.h"' 'void in_b(void);' 'void in_a(void) { in_b(); }' >"$tree/core/low/a.c"
compile
expect_faults "files that call each other" \
    "core/low/a.c: circle between files of low: a -> in_b of b -> in_a of a"
rm -r "$tree/build"
"$tree/tools/rooms" --objects "$tree/build" >"$scratch/dot" 2>"$scratch/faults" && fail "a build without objects passes"
grep -q 'has no objects of these sources' "$scratch/faults" || fail "no word of the missing objects"

exit $failed

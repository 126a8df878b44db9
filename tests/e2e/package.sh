#!/bin/bash
# cpack makes a Debian package: its files where Debian has them, the libraries that the program needs as dependencies.
#
#   tests/e2e/package.sh CPACK BUILD_FOLDER
#
# Exit code 77 without Debian's tools, which find the libraries' packages.
set -euo pipefail
cpack=$1 build=$2
for program in dpkg-deb dpkg-shlibdeps file; do
    command -v "$program" >/dev/null || { echo "$program is not installed" && exit 77; }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

"$cpack" -G DEB --config "$build/CPackConfig.cmake" -B . >cpack.log 2>&1 || { cat cpack.log && exit 1; }
package=$(echo segwork_*.deb)

failed=0
complain() {
    echo "$package: $*"
    failed=1
}
[[ $package == segwork_[0-9]*_"$(dpkg --print-architecture)".deb ]] || complain "is no name of a package"
dpkg-deb -x "$package" files
for file in usr/bin/segwork usr/share/man/man1/segwork.1.gz usr/share/bash-completion/completions/segwork \
    usr/share/zsh/vendor-completions/_segwork usr/share/segwork/experiments/quickstart.yaml \
    usr/share/segwork/configs/model/segnet.yaml usr/share/segwork/python/segwork_torch.py usr/share/segwork/models/pets.yaml \
    usr/share/doc/segwork/README.md usr/share/doc/segwork/changelog.gz; do
    [[ -s files/$file ]] || complain "has no $file"
done
grep -qx 'License: Expat' files/usr/share/doc/segwork/copyright || complain "copyright names no licence"
grep -A 2 '^Files: usr/share/segwork/models/' files/usr/share/doc/segwork/copyright | grep -qx 'License: CC-BY-SA-4.0' ||
    complain "copyright does not name the licence of the weights"
grep -q '^ THE SOFTWARE IS PROVIDED' files/usr/share/doc/segwork/copyright || complain "copyright is not whole"
odd=$(find files -not -type l \( -type d -not -perm 755 -o -type f -not -perm 644 -not -path '*/bin/*' \) -o -type l)
[[ -z $odd ]] || complain "these are links or have odd permissions: $odd"
for library in libc6 libclblast1 libyaml-0-2 libpng16-16 libpopt0; do
    dpkg-deb -f "$package" Depends | tr , '\n' | grep -Eq "^ *$library(t64)?( |$)" || complain "does not depend on $library"
done
dpkg-deb -f "$package" Recommends | grep -q pocl-opencl-icd || complain "does not recommend a driver"
! file files/usr/bin/segwork | grep -q 'not stripped' || complain "the program is not stripped"
[[ $(files/usr/bin/segwork --version) == segwork* ]] || complain "the program does not run"
files/usr/bin/segwork check experiments/quickstart.yaml >/dev/null || complain "the experiment is not found from the program"
exit "$failed"

# shellcheck shell=bash disable=SC2034 # variables for the scripts that read it
# Read by tests that are shell scripts: a folder of the test's own, which is removed at the end, and `fail`, after which
# the test goes on. The test ends with: exit "$failed"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
fail() {
    echo "$*"
    failed=1
}

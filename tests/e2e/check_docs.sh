#!/bin/bash
# tools/check_docs finds what it looks for, and nothing in code or in tables' lengths.
#
#   tests/e2e/check_docs.sh SOURCE_FOLDER
set -euo pipefail
source=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
failed=0

# expect CODE WORDS: what check_docs says of the document on standard input.
expect() {
    local code=0 output
    cat >page.md
    output=$("$source/tools/check_docs" page.md 2>&1) || code=$?
    [[ $code -eq $1 && $output == *"$2"* ]] && return
    echo "expected $1 and '$2', got $code: $output"
    failed=1
}

long=$(printf 'word %.0s' {1..41})
echo '# Other page' >other.md

expect 0 "nothing to say" <<EOF2
# A page

A [link](other.md#other-page), one to [this page](#a-page), one [outside](https://example.org/nowhere). The word \`xqzt\`
is code.

| $long |
|---|

    please, xqzt $long

\`\`\`
[no link](nowhere.md)
\`\`\`
EOF2
expect 1 "page.md:3: the link 'nowhere.md' leads nowhere" <<<$'# A\n\nA [link](nowhere.md).'
expect 1 "other.md has no heading '#a-page'" <<<'A [link](other.md#a-page).'
expect 1 "page.md has no heading '#b'" <<<$'# A\n\nA [link](#b).'
expect 1 "page.md:3: a sentence of 41 words" <<<$'# A\n\n'"$long"
expect 0 "nothing to say" <<<"${long% word }. Word."
expect 1 "please" <<<'So please read it.'
if command -v hunspell >/dev/null && hunspell -D -d en_GB </dev/null 2>&1 | grep -q 'en_GB\.dic'; then
    expect 1 "unknown words: xqzt" <<<'A word is xqzt, and PyTorch is a name.'
fi
exit "$failed"

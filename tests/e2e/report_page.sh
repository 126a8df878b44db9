#!/bin/bash
# The report's page in a browser without a screen: tabs, slider and charts answer the keyboard, nothing is wider
# than a phone. Exit code 77 (skipped) where there is no Chromium.
#
#   tests/e2e/report_page.sh SEGWORK SOURCES
set -euo pipefail

segwork=$1 sources=$2
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
    echo "no Chromium here: skipped"
    exit 77
}
work=$(mktemp -d /tmp/segwork-page-XXXXXX)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$segwork" data synth pets --train 8 --val 14 --size 32 --seed 5
for name in a b; do
    "$segwork" run "$sources/tests/support/tiny.yaml" --out "runs/$name" --set train.epochs=2 \
        --set grid.count=6 --set seed=${#name} 2>/dev/null
done
"$segwork" report runs/a runs/b --out page.html

# the page with a visitor: what it finds becomes the text of the page
cat >visitor.js <<'JS'
window.addEventListener("load", () => {
  const said = [];
  const press = key => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
  const readout = () => document.querySelector(".readout").textContent;
  try {
    document.querySelector(".plot").focus();
    said.push("focus " + readout());
    press("ArrowLeft");
    said.push("left " + readout());
    document.querySelector(".runs input").click();
    press("Home");
    said.push("hidden " + readout());
    const range = document.querySelector("input[type=range]");
    const before = document.getElementById("sheet-0-epoch").textContent;
    range.value = 0;
    range.dispatchEvent(new Event("input"));
    said.push("slider " + range.getAttribute("aria-valuetext"));
    said.push("exchanged " + (before !== document.getElementById("sheet-0-epoch").textContent));
    document.getElementById("run-0-tab").focus();
    press("ArrowRight");
    said.push("tab " + document.activeElement.id + " " + document.getElementById("run-0").hidden +
              document.getElementById("run-1").hidden);
    press("Home");
    said.push("home " + document.activeElement.id);
    document.documentElement.style.width = document.body.style.width = "390px";
    for (const panel of document.querySelectorAll("[role=tabpanel]")) panel.hidden = false;
    for (const fold of document.querySelectorAll("details")) fold.open = true;
    const wide = [...document.querySelectorAll("main *")].filter(e =>
      e.getBoundingClientRect().right > 391 && !e.closest(".scroll") && !e.closest("svg"));
    said.push("wide " + wide.length + wide.slice(0, 3).map(e => " " + e.outerHTML.slice(0, 80)).join(""));
  } catch (error) {
    said.push("error " + error);
  }
  document.title = "";
  document.documentElement.innerHTML = "<body><pre></pre></body>";
  document.querySelector("pre").textContent = said.join("\n");
});
JS
{
    sed 's#</body>##; s#</html>##' page.html
    echo "<script>"
    cat visitor.js
    echo "</script></body></html>"
} >visited.html

visit() {
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" \
        --window-size=1280,900 --dump-dom "$1"
}
visit about:blank >/dev/null 2>browser.txt || {
    cat browser.txt
    echo "the browser does not start here: skipped"
    exit 77
}
visit "file://$work/visited.html" >seen.txt 2>browser.txt || {
    cat browser.txt
    echo "the page does not come to an end"
    exit 1
}
failed=0
for words in "focus epoch 2, a training" "left epoch 1, a training" "hidden epoch 1, b training" \
    "slider epoch 0: before training" "exchanged true" "tab run-1-tab truefalse" "home run-0-tab" "wide 0"; do
    grep -qF "$words" seen.txt || {
        echo "missing: $words"
        failed=1
    }
done
[ $failed = 0 ] || cat seen.txt
exit $failed

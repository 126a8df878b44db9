#!/bin/bash
# The report's page in a browser without a screen: tabs, slider, views, charts and enlarged images answer the keyboard,
# nothing is cut off at the width of a phone, and it can be pictured and printed. Exit code 77 (skipped) where there is no
# Chromium.
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
for lr in 0.01 0.003; do
    name=a
    [[ $lr == 0.01 ]] || name=b
    "$segwork" run "$sources/tests/support/tiny.yaml" --out "runs/$name" --set train.epochs=2 \
        --set grid.count=6 --set seed=1 --set optimizer.lr=$lr 2>/dev/null
done
"$segwork" report runs/a runs/b --out page.html

# the page with a visitor: what it finds becomes the text of the page
cat >visitor.js <<'JS'
/* The browser writes the document down once it is loaded: until then picture after picture is loaded. */
let held = true;
const hold = () => {
  const image = new Image();
  image.onload = image.onerror = () => { if (held) hold(); };
  image.src = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>";
};
hold();
(async () => {
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
    const until = async test => {
      for (let i = 0; i < 100 && !test(); i++) await new Promise(done => setTimeout(done, 50));
    };
    const shown = r => document.getElementById(`shown-${r}`).textContent;
    const range = document.querySelector("input[type=range]");
    const before = [shown(0), shown(1)];
    range.value = 0;
    range.dispatchEvent(new Event("input"));
    await until(() => before[1] !== shown(1));
    said.push("slider " + range.getAttribute("aria-valuetext"));
    said.push("exchanged " + (before[0] !== shown(0)) + (before[1] !== shown(1)));
    range.value = 2;
    range.dispatchEvent(new Event("input"));
    await until(() => before[1] === shown(1));
    for (const view of ["outline", "errors-truth", "errors-prediction", "confidence", "prediction"]) {
      const last = shown(1), share = document.querySelector("#grid .wrong");
      document.querySelector(`#view input[value=${view}]`).click();
      await until(() => last !== shown(1) && view.startsWith("errors") === Boolean(share.textContent));
      said.push(`view ${view} ` + (before[0] === shown(0)) + (before[1] === shown(1)) + " " +
                (document.querySelector("#grid .wrong").textContent ? "share" : "none"));
    }
    const share = document.querySelector(".wrong");
    document.querySelector("#view input[value=errors-truth]").click();
    await until(() => share.textContent);
    said.push("wrong " + /^ [0-9.]+ % wrong$/.test(share.textContent));
    const pixels = document.querySelector(".confusion input[value=pixels]");
    pixels.click();
    said.push("cells " + pixels.closest(".confusion").dataset.shown);
    const cuts = [...document.querySelectorAll("#grid .cut")], dialog = document.querySelector("dialog");
    cuts[0].focus();
    press("ArrowRight");
    said.push("walk " + (document.activeElement === cuts[1]));
    press("Enter");
    said.push("large " + dialog.open + " " + dialog.querySelector(".what").textContent);
    press("ArrowLeft");
    press("ArrowDown");
    said.push("below " + dialog.querySelector(".what").textContent.split(":")[0] + " is " +
              cuts[4].getAttribute("aria-label").split(":")[0]);
    dialog.close();
    await until(() => document.activeElement === cuts[4]);
    said.push("closed " + dialog.open + (document.activeElement === cuts[4]));
    cuts[2].click();
    said.push("clicked " + dialog.open);
    dialog.close();
    document.getElementById("run-0-tab").focus();
    press("ArrowRight");
    said.push("tab " + document.activeElement.id + " " + document.getElementById("run-0").hidden +
              document.getElementById("run-1").hidden);
    press("Home");
    said.push("home " + document.activeElement.id);
    said.push("differ " + (document.querySelectorAll("#differ .cut").length > 0));
    /* at a phone's width, with all panels and details open: what is wider than its container, except in parts that
       scroll */
    const frame = document.createElement("iframe");
    frame.src = "page.html";
    frame.style = "width:375px;height:2000px;border:0";
    document.body.append(frame);
    await new Promise(done => frame.addEventListener("load", done));
    const page = frame.contentDocument, root = page.documentElement;
    for (const panel of page.querySelectorAll("[role=tabpanel]")) panel.hidden = false;
    for (const fold of page.querySelectorAll("details")) fold.open = true;
    const wide = [...page.querySelectorAll("body *")].filter(e => !e.closest(".scroll, .menu ul, svg") &&
      e.getClientRects().length && (e.getBoundingClientRect().right > root.clientWidth + 1 ||
      e.clientWidth && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible"));
    said.push("page " + root.scrollWidth + " of " + root.clientWidth);
    said.push("captions " + [...page.querySelectorAll("caption span")].filter(e =>
      e.getBoundingClientRect().right > root.clientWidth).length);
    said.push("wide " + wide.length + wide.slice(0, 3).map(e => " " + e.outerHTML.slice(0, 80)).join(""));
  } catch (error) {
    said.push("error " + error);
  }
  document.title = "";
  document.documentElement.innerHTML = "<body><pre></pre></body>";
  document.querySelector("pre").textContent = said.join("\n");
  held = false;
})();
JS
{
    sed 's#</body>##; s#</html>##' page.html
    echo "<script>"
    cat visitor.js
    echo "</script></body></html>"
} >visited.html

# visit PAGE OPTION...
visit() {
    local page=$1
    shift
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" \
        --hide-scrollbars --allow-file-access-from-files --window-size=1280,900 "$@" "$page"
}
visit about:blank --dump-dom >/dev/null 2>browser.txt || {
    cat browser.txt
    echo "the browser does not start here: skipped"
    exit 77
}
visit "file://$work/visited.html" --dump-dom >seen.txt 2>browser.txt || {
    cat browser.txt
    echo "the page does not come to an end"
    exit 1
}
failed=0
for words in "focus epoch 2, a training" "left epoch 1, a training" "hidden epoch 1, b training" \
    "slider epoch 0: before training" "exchanged truetrue" "view outline falsefalse none" \
    "view errors-truth falsefalse share" "view errors-prediction falsefalse share" "view confidence falsefalse none" \
    "view prediction truetrue none" "wrong true" "cells pixels" "walk true" "large true pet_" "closed falsetrue" \
    "clicked true" "differ true" "tab run-1-tab truefalse" "home run-0-tab" "page 375 of 375" "captions 0" "wide 0"; do
    grep -qF "$words" seen.txt || {
        echo "missing: $words"
        failed=1
    }
done
grep -qE 'below (pet_[0-9]+) is \1$' seen.txt || {
    echo "missing: the image below"
    failed=1
}

# a picture of the page, and one printed: neither is empty
visit "file://$work/page.html" --screenshot="$work/page.png" --window-size=1280,2400 2>/dev/null >&2
visit "file://$work/page.html" --print-to-pdf="$work/page.pdf" 2>/dev/null >&2
for file in page.png page.pdf; do
    [ "$(stat -c %s "$file" 2>/dev/null || echo 0)" -gt 50000 ] || {
        echo "$file is empty"
        failed=1
    }
done
[ $failed = 0 ] || cat seen.txt
exit $failed

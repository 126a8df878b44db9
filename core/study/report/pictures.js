"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  /* ---- what is made of a run's class map and the truth; both are sheets of tiles ---- */
  const pixelsOf = async url => {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    const context = canvas.getContext("2d", {willReadFrequently: true});
    context.drawImage(image, 0, 0);
    const data = context.getImageData(0, 0, canvas.width, canvas.height);
    return {canvas, context, data, words: new Uint32Array(data.data.buffer)};
  };
  const wordOf = colour => {
    const n = parseInt(colour.slice(1), 16), bytes = new Uint8Array([n >> 16, n >> 8 & 255, n & 255, 255]);
    return new Uint32Array(bytes.buffer)[0];
  };
  const addressOf = picture => new Promise(done => {
    picture.context.putImageData(picture.data, 0, 0);
    picture.canvas.toBlob(blob => done(URL.createObjectURL(blob)));
  });
  const sizeOf = (picture, run) => ({
    width: picture.canvas.width / run.columns, height: picture.canvas.height / run.rows, across: picture.canvas.width});

  /* Keeps of each class the pixels near another class of the same tile. */
  const outline = async (map, run) => {
    const {width, height, across} = sizeOf(map, run);
    const from = map.words.slice(), reach = Math.max(1, Math.round(Math.min(width, height) / 100));
    for (let i = 0; i < from.length; i++) {
      const x = i % across % width, y = Math.floor(i / across) % height;
      let edge = false;
      for (let d = 1; d <= reach && !edge; d++)
        edge = x >= d && from[i - d] !== from[i] || x + d < width && from[i + d] !== from[i] ||
               y >= d && from[i - d * across] !== from[i] || y + d < height && from[i + d * across] !== from[i];
      if (!edge) map.words[i] = 0;
    }
    return {url: await addressOf(map)};
  };

  /* Keeps the pixels that are wrong, and their share of each tile. */
  const errors = async (map, truth, run, ofTruth) => {
    const {width, height, across} = sizeOf(map, run), ignored = run.ignored.map(wordOf);
    const wrong = new Array(run.columns * run.rows).fill(0), counted = wrong.slice();
    for (let i = 0; i < map.words.length; i++) {
      const tile = Math.floor(Math.floor(i / across) / height) * run.columns + Math.floor(i % across / width);
      const counts = !ignored.includes(truth.words[i]);
      counted[tile] += counts;
      if (counts && map.words[i] !== truth.words[i]) {
        wrong[tile]++;
        if (ofTruth) map.words[i] = truth.words[i];
      } else {
        map.words[i] = 0;
      }
    }
    return {url: await addressOf(map), shares: wrong.map((n, i) => counted[i] ? n / counted[i] : 0)};
  };

  /* ---- the slider over epochs: all runs step together, and one picture with all images of a run is exchanged
     for another ---- */
  const data = document.getElementById("epochs") && JSON.parse(document.getElementById("epochs").textContent);
  const slider = document.querySelector(".slider");
  if (slider) {
    const range = slider.querySelector("input"), output = slider.querySelector("output");
    const play = slider.querySelector("button"), views = document.getElementById("view");
    const several = JSON.parse(document.getElementById("runs").textContent).length > 1;
    const made = new Map();
    let view = "prediction", turn = 0;

    const truthOf = run => {
      const cut = document.querySelector(`.${run.sheet}-truth`);
      return getComputedStyle(cut).backgroundImage.slice(5, -2);
    };
    const pictureOf = (run, sheet) => {
      if (view === "prediction" || view === "confidence") return {url: sheet[view]};
      const key = [run.run, run.sheets.indexOf(sheet), view].join();
      if (!made.has(key))
        made.set(key, pixelsOf(sheet.prediction).then(async map => view === "outline" ? outline(map, run) :
          errors(map, await pixelsOf(truthOf(run)), run, view === "errors-truth")));
      return made.get(key);
    };
    const label = (run, shares) => {
      for (const part of all(`.run-of-${run.run}`)) {
        const tile = part.closest(".cut").dataset.tile;
        const below = part.closest(".cut").parentElement.querySelector(".wrong");
        if (below) below.textContent = shares ? ` ${(100 * shares[tile]).toFixed(1)} % wrong` : "";
      }
    };
    for (const run of data.runs) {
      if (!run.sheet) continue;
      for (const part of all(`.${run.sheet}-run${run.run}`)) {
        part.classList.add(`run-of-${run.run}`);
        const wrong = document.createElement("span");
        wrong.className = "wrong";
        part.closest(".cut").parentElement.querySelector(".below").append(wrong);
      }
    }
    const showRun = async (run, sheet, mine) => {
      if (sheet.whole) {
        const target = document.getElementById(`whole-${run.run}`);
        target.src = sheet.whole;
        target.alt = `${target.dataset.alt}, ${sheet.text}`;
        return;
      }
      const {url, shares} = await pictureOf(run, sheet);
      if (mine !== turn) return; /* meanwhile something else is asked for */
      document.getElementById(`shown-${run.run}`).textContent =
        `.${run.sheet}-run${run.run}{background-image:url(${url})}`;
      label(run, shares);
      if (!several) document.getElementById("sure").textContent =
        `.${run.sheet}-confidence{background-image:url(${sheet.confidence})}`;
    };
    const show = () => {
      const at = Number(range.value), mine = ++turn;
      const sheets = data.runs.map(run => run.sheets[run.at[at]]);
      const here = `epoch ${data.stops[at]}`;
      const texts = sheets.map(sheet => several && sheet.text.startsWith(here + ":")
        ? sheet.text.slice(here.length + 2) : sheet.text);
      output.replaceChildren(several ? here : "", ...texts.map((text, i) => {
        const part = document.createElement("span");
        if (several) part.className = `of c${data.runs[i].run}`;
        part.textContent = several ? `${data.runs[i].name} ${text}` : text;
        return part;
      }));
      range.setAttribute("aria-valuetext", several ? `${here}: ${texts.join("; ")}` : texts[0]);
      document.body.dataset.view = view;
      data.runs.forEach((run, i) => showRun(run, sheets[i], mine));
    };
    let timer = 0;
    const stop = () => { clearInterval(timer); timer = 0; play.textContent = "Play"; };
    range.addEventListener("input", () => { stop(); show(); });
    play.addEventListener("click", () => {
      if (timer) return stop();
      if (Number(range.value) === data.stops.length - 1) range.value = 0;
      play.textContent = "Stop";
      show();
      timer = setInterval(() => {
        range.value = Number(range.value) + 1;
        show();
        if (Number(range.value) === data.stops.length - 1) stop();
      }, 600);
    });
    if (views) {
      views.hidden = false;
      for (const box of all("input", views))
        box.addEventListener("change", () => { view = box.value; show(); });
      const chosen = views.querySelector("input:checked"); /* some browsers keep it when a page is read again */
      if (chosen) view = chosen.value;
    }
    slider.hidden = false;
    range.value = data.stops.length - 1;
    show();
  }

  /* ---- a window enlarged: arrow keys walk to its neighbours, Escape closes ---- */
  const dialog = document.createElement("dialog");
  dialog.className = "large";
  dialog.tabIndex = -1;
  dialog.setAttribute("aria-label", "An image, enlarged");
  dialog.innerHTML = "<div class=\"stage\"></div><p class=\"what\" aria-live=\"polite\"></p><div class=\"steps\">" +
    "<button type=\"button\">Previous</button><button type=\"button\">Next</button>" +
    "<button type=\"button\">Close</button></div>";
  document.body.append(dialog);
  const stage = dialog.querySelector(".stage"), what = dialog.querySelector(".what");
  let current = null;

  const neighbour = (cut, key) => {
    const list = cut.closest(".tiles"), cuts = all(".cut", list), at = cuts.indexOf(cut);
    if (key === "Home") return cuts[0];
    if (key === "End") return cuts[cuts.length - 1];
    if (key === "ArrowLeft" || key === "ArrowRight") return cuts[at + (key === "ArrowLeft" ? -1 : 1)];
    const tiles = all(".tile", list), tile = cut.closest(".tile"), place = all(".cut", tile).indexOf(cut);
    const other = tiles[tiles.indexOf(tile) + (key === "ArrowUp" ? -1 : 1)];
    if (!other) return undefined;
    const others = all(".cut", other);
    return others[Math.min(place, others.length - 1)];
  };
  const keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];
  const choose = cut => {
    const list = cut.closest(".tiles");
    for (const other of all(".cut[tabindex='0']", list)) other.tabIndex = -1;
    cut.tabIndex = 0;
  };
  const enlarge = cut => {
    current = cut;
    choose(cut);
    const copy = cut.cloneNode(true);
    copy.removeAttribute("tabindex");
    copy.setAttribute("role", "img");
    stage.replaceChildren(copy);
    const tile = cut.closest(".tile"), below = cut.parentElement.querySelector(".wrong");
    what.textContent = cut.getAttribute("aria-label") + (below ? below.textContent : "");
    const caption = tile.querySelector("figcaption").textContent.replace(tile.querySelector("figcaption b").textContent, "");
    if (caption) what.textContent += ` (${caption.trim()})`;
    if (!dialog.open) {
      dialog.showModal();
      dialog.focus();
    }
  };
  const step = key => {
    const next = current && neighbour(current, key);
    if (next) enlarge(next);
  };
  dialog.addEventListener("keydown", event => {
    if (!keys.includes(event.key)) return;
    event.preventDefault();
    step(event.key);
  });
  dialog.addEventListener("close", () => { if (current) current.focus(); });
  dialog.addEventListener("click", event => { if (event.target === dialog || stage.contains(event.target)) dialog.close(); });
  const [previous, next, close] = all("button", dialog);
  previous.addEventListener("click", () => step("ArrowLeft"));
  next.addEventListener("click", () => step("ArrowRight"));
  close.addEventListener("click", () => dialog.close());

  for (const list of all(".tiles")) {
    const cuts = all(".cut", list);
    cuts.forEach((cut, i) => {
      cut.tabIndex = i ? -1 : 0;
      cut.setAttribute("role", "button");
      cut.setAttribute("aria-haspopup", "dialog");
    });
    list.addEventListener("click", event => {
      const cut = event.target.closest(".cut");
      if (cut) enlarge(cut);
    });
    list.addEventListener("keydown", event => {
      const cut = event.target.closest(".cut");
      if (!cut) return;
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        enlarge(cut);
      } else if (keys.includes(event.key)) {
        event.preventDefault();
        const to = neighbour(cut, event.key);
        if (!to) return;
        choose(to);
        to.focus();
      }
    });
  }

  /* ---- pixels or shares in a confusion matrix ---- */
  for (const choice of all(".confusion .switch")) {
    choice.hidden = false;
    const matrix = choice.closest(".confusion");
    const show = () => { matrix.dataset.shown = choice.querySelector("input:checked").value; };
    choice.addEventListener("change", show);
    show();
  }
})();

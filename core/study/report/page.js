"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const runs = JSON.parse(document.getElementById("runs").textContent);

  /* ---- tabs: arrow keys move, only the chosen one is in the tab order ---- */
  for (const list of all(".tabs")) {
    const tabs = all("[role=tab]", list);
    const panels = tabs.map(tab => document.getElementById(tab.getAttribute("aria-controls")));
    const choose = (chosen, focus) => {
      tabs.forEach((tab, i) => {
        tab.setAttribute("aria-selected", i === chosen);
        tab.tabIndex = i === chosen ? 0 : -1;
        panels[i].hidden = i !== chosen;
      });
      if (focus) tabs[chosen].focus();
    };
    tabs.forEach((tab, i) => {
      tab.addEventListener("click", () => choose(i));
      tab.addEventListener("keydown", event => {
        const to = {ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1}[event.key];
        if (to === undefined) return;
        event.preventDefault();
        choose((to + tabs.length) % tabs.length, true);
      });
    });
    list.hidden = false;
    choose(0);
  }

  /* ---- runs shown and hidden ---- */
  for (const box of all(".runs input")) {
    box.disabled = false;
    box.addEventListener("change", () => document.body.classList.toggle("hide" + box.value, !box.checked));
  }

  /* ---- values under the pointer, or by the arrow keys ---- */
  const shown = value => Math.abs(value) >= 0.01 ? value.toFixed(4) : value.toPrecision(3);
  const nearest = (xs, ys, x) => {
    let best = -1;
    for (let i = 0; i < xs.length; i++)
      if (ys[i] !== null && (best < 0 || Math.abs(xs[i] - x) < Math.abs(xs[best] - x))) best = i;
    return best;
  };
  for (const chart of all(".chart")) {
    const data = JSON.parse(chart.querySelector("script").textContent);
    const plot = chart.querySelector(".plot"), readout = chart.querySelector(".readout");
    const cross = document.createElement("span");
    cross.className = "cross";
    cross.hidden = true;
    plot.append(cross);
    const main = data.series.filter(s => !s.pale);
    const stops = [...new Set((main.some(s => s.x.length) ? main : data.series).flatMap(s => s.x))].sort((a, b) => a - b);
    let at = -1;
    const show = i => {
      if (!stops.length) return;
      at = Math.max(0, Math.min(stops.length - 1, i));
      const x = stops[at];
      cross.hidden = false;
      cross.style.left = 100 * (x - data.low) / (data.high - data.low) + "%";
      const parts = [{text: `epoch ${Number(x.toFixed(2))}`}];
      for (const s of data.series) {
        const k = nearest(s.x, s.y, x);
        if (k < 0 || Math.abs(s.x[k] - x) > 0.5 || document.body.classList.contains("hide" + s.run)) continue;
        const words = [runs.length > 1 ? runs[s.run] : "", s.what, shown(s.y[k])];
        parts.push({run: s.run, text: words.filter(Boolean).join(" ")});
      }
      readout.replaceChildren(...parts.map((part, i) => {
        const span = document.createElement("span");
        span.textContent = part.text + (i + 1 < parts.length ? ", " : "");
        if (part.run !== undefined && runs.length > 1) span.className = "of c" + part.run;
        return span;
      }));
    };
    const hide = () => { cross.hidden = true; readout.replaceChildren(); at = -1; };
    const point = event => {
      const box = plot.getBoundingClientRect();
      const x = data.low + (event.clientX - box.left) / box.width * (data.high - data.low);
      let best = 0;
      stops.forEach((stop, i) => { if (Math.abs(stop - x) < Math.abs(stops[best] - x)) best = i; });
      if (best !== at) show(best);
    };
    plot.addEventListener("pointermove", point);
    plot.addEventListener("pointerdown", point);
    plot.addEventListener("pointerleave", () => { if (document.activeElement !== plot) hide(); });
    plot.addEventListener("blur", hide);
    plot.addEventListener("focus", () => { if (at < 0) show(stops.length - 1); });
    plot.addEventListener("keydown", event => {
      const to = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: stops.length - 1}[event.key];
      if (to === undefined) return;
      event.preventDefault();
      show(to);
    });
  }
})();

"use strict";
// The page is complete without this: a filter, and values under the pointer.
(() => {
  const all = (selector, in_ = document) => [...in_.querySelectorAll(selector)];
  const filter = document.getElementById("filter");
  filter.hidden = false;
  filter.addEventListener("input", () => {
    const word = filter.value.trim().toLowerCase();
    const has = (e) => e.dataset.name.toLowerCase().includes(word);
    for (const e of all("tr[data-name], .rule, .mutants li")) e.hidden = !has(e);
    for (const s of all(".scenario")) {
      const whole = has(s);
      const charts = all(".chart", s);
      for (const c of charts) c.hidden = !whole && !has(c);
      s.hidden = !whole && charts.every((c) => c.hidden);
    }
  });
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let e = target; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  const readout = document.getElementById("readout");
  const brief = (s) => {
    s = Math.round(s);
    const parts = [[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]].map(([n, unit]) => {
      const count = Math.floor(s / n);
      s -= count * n;
      return count ? count + unit : "";
    });
    return parts.join("") || "0s";
  };
  const nearest = (path, x) => {
    let best = null;
    for (const m of path.getAttribute("d").matchAll(/[ML]([\d.]+) ([\d.e+-]+)/g)) {
      if (!best || Math.abs(m[1] - x) < Math.abs(best[0] - x)) best = [+m[1], +m[2]];
    }
    return best;
  };
  for (const area of all(".area")) {
    const [low, high, end] = area.dataset.range.split(" ").map(Number);
    area.addEventListener("pointermove", (event) => {
      const box = area.getBoundingClientRect();
      const x = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * 1000;
      const lines = ["after " + brief((x / 1000) * end)];
      for (const path of all(".value", area).reverse()) {
        const point = nearest(path, x);
        if (point) lines.push((high - (point[1] / 100) * (high - low)).toPrecision(3) + " " + path.textContent);
      }
      readout.textContent = lines.join("\n");
      readout.hidden = false;
      const right = Math.min(event.clientX + 14, innerWidth - readout.offsetWidth - 6);
      readout.style.left = Math.max(right, 4) + "px";
      readout.style.top = Math.max(event.clientY - readout.offsetHeight - 12, 4) + "px";
    });
    area.addEventListener("pointerleave", () => { readout.hidden = true; });
  }
})();

// What is shown: of one person, of one region, from some strength or confidence on; lanes of others make room.
(() => {
  const bar = document.querySelector(".showing");
  if (!bar) return;
  const rows = [...document.querySelectorAll("tr[data-clue]")];
  const figures = [...document.querySelectorAll(".key-frames figure")];
  const judged = document.querySelectorAll(".utterances [data-confidence], .mark[data-confidence]");

  function chosen(name) { return bar.querySelector(`[name=${name}]:is(select, [type=range], :checked)`)?.value ?? ""; }

  function stack(lanes, region) {
    let top;
    for (const lane of lanes.querySelectorAll("[data-top]")) {
      top ??= Number(lane.dataset.top);
      const out = lane.closest("[data-person]")?.hasAttribute("hidden")
        || (region !== "" && (lane.dataset.region ?? region) !== region);
      lane.toggleAttribute("hidden", Boolean(out));
      if (out) continue;
      lane.setAttribute("transform", `translate(0 ${top - lane.dataset.top})`);
      top += Number(lane.dataset.height);
    }
    lanes.setAttribute("height", top);
  }

  function filter() {
    const person = chosen("showing"), region = chosen("region");
    const strength = Number(chosen("strength")) / 100, confidence = Number(chosen("confidence")) / 100;
    const others = (item) => person !== "" && item.dataset.person !== undefined && item.dataset.person !== person;
    for (const item of document.querySelectorAll("[data-person]")) item.toggleAttribute("hidden", others(item));
    const kept = new Set();
    for (const row of rows) {
      row.hidden = others(row) || (region !== "" && row.dataset.region !== region) || row.dataset.strength < strength;
      if (!row.hidden) kept.add(row.dataset.clue);
      document.querySelector(`.track #clue-${row.dataset.clue}`)?.toggleAttribute("hidden", row.hidden);
    }
    const narrowed = region !== "" || strength > 0;
    for (const figure of figures) {
      const shows = [...figure.querySelectorAll("[data-clue]")].some((link) => kept.has(link.dataset.clue));
      figure.hidden = others(figure) || (narrowed && !shows);
    }
    for (const item of judged) item.toggleAttribute("hidden", Number(item.dataset.confidence) < confidence);
    for (const lanes of document.querySelectorAll(".names, .track > svg")) stack(lanes, region);
    const frames = figures.filter((figure) => !figure.hidden).length;
    bar.querySelector(".count").textContent = `${kept.size} of ${rows.length} clues`
      + (figures.length ? `, ${frames} of ${figures.length} key frames` : "");
    report.show(report.time);
  }

  bar.addEventListener("input", (event) => {
    const value = event.target.closest("label").querySelector(".value");
    if (value) value.textContent = `${event.target.value}%`;
    filter();
  });
  bar.hidden = false;
  filter();
})();

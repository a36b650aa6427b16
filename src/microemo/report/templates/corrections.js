// What a reader says of the clip instead: kept by utterance and person, shown wherever the page told otherwise, and
// saved, to the server that serves the page or else as a file. ``corrections.py`` has the same form.
const corrections = (() => {
  const main = document.querySelector("main");
  const served = "served" in main.dataset;
  const NEAR_SEC = 0.02, MAX_LABELS = 3, VERSION = 1;
  const words = document.querySelector("#words") ? JSON.parse(document.querySelector("#words").textContent) : {};
  const valence = new Map(Object.entries(words).flatMap(([kind, list]) => list.map((word) => [word, kind])));

  const utterances = [...document.querySelectorAll("li[data-utterance]")].map((item) => ({
    item, index: Number(item.dataset.utterance),
    start_sec: Number(item.dataset.time), end_sec: Number(item.dataset.end),
    parts: [...item.querySelectorAll("[data-part]")].map((box) => ({
      box, person: box.dataset.part || null, shown: null,
      labels: [...box.querySelectorAll(".bars .label")].map((label) => label.textContent),
    })),
  }));
  const watchers = [];
  let given = new Map(); // by index: {start_sec, end_sec, parts: Map by person of {labels, note}}
  const earlier = []; // what was given before each change
  let saved = written();

  function times({ index, start_sec, end_sec }, now = given) {
    const change = now.get(index);
    return { start_sec: change?.start_sec ?? start_sec, end_sec: change?.end_sec ?? end_sec };
  }

  function part({ index }, person) { return given.get(index)?.parts.get(person); }

  function same(one, other) { return JSON.stringify(one) === JSON.stringify(other); }

  function listed() {
    return [...given].sort(([one], [other]) => one - other).map(([utterance, { start_sec, end_sec, parts }]) => ({
      utterance, start_sec, end_sec, parts: [...parts].map(([person, told]) => ({ person, ...told })),
    }));
  }

  function written() { return JSON.stringify(listed()); }

  function dirty() { return written() !== saved; }

  // Changes are steps that can be undone. What is as it was, is no correction.
  function change(act) {
    const before = written(), copy = structuredClone(given);
    act();
    for (const [index, { start_sec, end_sec, parts }] of given) {
      if (start_sec === null && end_sec === null && !parts.size) given.delete(index);
    }
    if (written() !== before) earlier.push(copy);
    show();
  }

  function entry(index) {
    if (!given.has(index)) given.set(index, { start_sec: null, end_sec: null, parts: new Map() });
    return given.get(index);
  }

  // A border that two utterances share moves for both.
  function move(utterance, edge, seconds) {
    const other = edge === "start_sec" ? "end_sec" : "start_sec";
    const before = times(utterance)[edge];
    const place = utterances.indexOf(utterance) + (edge === "start_sec" ? -1 : 1);
    const neighbour = utterances[place];
    change(() => {
      set(utterance, edge, seconds);
      if (neighbour && Math.abs(times(neighbour)[other] - before) < NEAR_SEC) set(neighbour, other, seconds);
    });
  }

  function set(utterance, edge, seconds) {
    entry(utterance.index)[edge] = Math.abs(utterance[edge] - seconds) < NEAR_SEC / 2 ? null : seconds;
  }

  function tell(utterance, person, labels, note) {
    change(() => {
      const { parts } = entry(utterance.index);
      const before = utterance.parts.find((one) => one.person === person).labels;
      if (same(labels, before) && !note) parts.delete(person); else parts.set(person, { labels, note });
    });
  }

  function reset(utterance) { change(() => given.delete(utterance.index)); }

  function undo() {
    if (!earlier.length) return;
    given = earlier.pop();
    show();
  }

  function overlap(one, other) {
    return Math.max(0, Math.min(one.end_sec, other.end_sec) - Math.max(one.start_sec, other.start_sec));
  }

  // The first thing that cannot be so; the program has more to say of it.
  function problem() {
    for (const [place, utterance] of utterances.entries()) {
      const wrong = mistimed(utterance, utterances[place + 1]) || mislabelled(utterance);
      if (wrong) return `At ${report.clock(times(utterance).start_sec)}: ${wrong}.`;
    }
    return "";
  }

  function mistimed(utterance, next) {
    const now = times(utterance), then = next && times(next);
    if (now.start_sec >= now.end_sec) return "this ends before it begins";
    if (now.end_sec > Math.max(report.duration, utterance.end_sec) + NEAR_SEC) return "this ends after the recording";
    if (!next) return "";
    if (then.start_sec < now.start_sec) return "this begins after the utterance that follows it";
    return overlap(now, then) > overlap(utterance, next) + NEAR_SEC / 2 ? "this reaches into what follows it" : "";
  }

  function mislabelled(utterance) {
    const numbers = [...given.get(utterance.index)?.parts.values() ?? []].map(({ labels }) => labels.length);
    if (numbers.includes(0)) return "give at least one label";
    return Math.max(0, ...numbers) > MAX_LABELS ? `give ${MAX_LABELS} labels at most` : "";
  }

  function show() {
    const changes = new Map(listed().map((change) => [change.utterance, JSON.stringify(change)]));
    for (const utterance of utterances) {
      if (utterance.shown === changes.get(utterance.index)) continue;
      utterance.shown = changes.get(utterance.index);
      place(utterance);
      for (const one of utterance.parts) relabel(utterance, one);
    }
    document.querySelector(".overall h2")?.toggleAttribute("data-before-corrections", given.size > 0);
    report.resize();
    report.show(report.time);
    for (const watcher of watchers) watcher();
  }

  function place(utterance) {
    const { start_sec, end_sec } = times(utterance);
    const moved = start_sec !== utterance.start_sec || end_sec !== utterance.end_sec;
    utterance.item.classList.toggle("moved", moved);
    for (const { box } of utterance.parts) {
      const scope = box.closest("li");
      scope.classList.toggle("outdated", moved && !explained(scope, start_sec, end_sec));
    }
    const link = utterance.item.querySelector(".when a");
    link.dataset.time = start_sec;
    link.textContent = `${report.clock(start_sec)}–${report.clock(end_sec)}`;
    for (const item of document.querySelectorAll(`[data-utterance="${utterance.index}"]`)) {
      if (item.dataset.end !== undefined) Object.assign(item.dataset, { time: start_sec, end: end_sec });
      const drawing = item.closest(".track") && item.querySelector("svg");
      drawing?.setAttribute("x", `${(100 * start_sec) / report.duration}%`);
      drawing?.setAttribute("width", `${Math.max(0, (100 * (end_sec - start_sec)) / report.duration)}%`);
    }
  }

  // Whether what an explanation tells of is still within these times.
  function explained(item, start_sec, end_sec) {
    return [...item.querySelectorAll(".explanation [data-clue]")].every(({ dataset: { clue } }) => {
      const { time, end } = document.querySelector(`tr[data-clue="${clue}"]`).dataset;
      return Number(time) <= end_sec && Number(end) >= start_sec;
    });
  }

  function relabel(utterance, one) {
    const told = part(utterance, one.person);
    one.box.closest("li").classList.toggle("corrected", Boolean(told));
    one.box.querySelector(".instead")?.remove();
    const marks = [...document.querySelectorAll(`.mark.emotions[data-utterance="${utterance.index}"]`)];
    const mark = marks.find(({ dataset }) => dataset.part === (one.person ?? ""));
    if (mark) redraw(mark, one, told);
    if (!told) return;
    const instead = document.createElement("p");
    instead.className = "instead";
    const labels = document.createElement("b");
    labels.textContent = told.labels.join(", ");
    instead.append(labels, " corrected");
    if (told.note) instead.append(document.createElement("br"), told.note);
    one.box.querySelector(".bars").before(instead);
  }

  function redraw(mark, one, told) {
    const drawing = mark.querySelector("svg");
    one.shown ??= {
      texts: [...drawing.querySelectorAll("text")], title: mark.querySelector("title").textContent,
      look: mark.getAttribute("class"),
    };
    for (const text of drawing.querySelectorAll("text")) text.remove();
    mark.setAttribute("class", one.shown.look);
    mark.classList.toggle("corrected", Boolean(told));
    mark.querySelector("title").textContent = told ? `${told.labels.join(", ")} (corrected)` : one.shown.title;
    if (!told) { drawing.append(...one.shown.texts); return; }
    mark.classList.remove("positive", "negative", "neutral");
    mark.classList.add(valence.get(told.labels[0]?.toLowerCase()) ?? "neutral");
    const room = Math.max(1, Math.floor((drawing.height.baseVal.value - 4) / 16));
    told.labels.slice(0, room).forEach((label, place) => {
      const text = document.createElementNS(drawing.namespaceURI, "text");
      text.setAttribute("x", 6);
      text.setAttribute("y", 14 + 16 * place);
      text.textContent = label;
      drawing.append(text);
    });
  }

  function writtenBy(name) {
    return {
      corrections_version: VERSION, clip: main.dataset.clip, result: main.dataset.result, corrected_by: name,
      corrected_at: new Date().toISOString(), utterances: listed(),
    };
  }

  async function save(name) {
    const wrong = problem();
    if (wrong) throw new Error(wrong);
    const content = JSON.stringify(writtenBy(name), null, 2), sent = written();
    if (served) await send(content); else download(content);
    saved = sent;
    show();
  }

  async function send(body) {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch("corrections", { method: "PUT", body, headers });
    if (!response.ok) throw new Error((await response.json()).detail);
  }

  function download(content) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
    link.download = "corrections.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  function open(found) {
    const other = found.result && found.result !== main.dataset.result;
    if (other) throw new Error("these are corrections of another result");
    given = new Map(found.utterances.map(({ utterance, start_sec = null, end_sec = null, parts = [] }) => {
      const told = parts.map(({ person = null, labels, note = "" }) => [person, { labels, note }]);
      return [utterance, { start_sec, end_sec, parts: new Map(told) }];
    }));
    earlier.length = 0;
    saved = written();
    show();
    return found.corrected_by;
  }

  return {
    utterances, served, words, times, part, move, tell, reset, undo, problem, dirty, save, open,
    get number() { return given.size; },
    get undoable() { return earlier.length > 0; },
    onChange(watcher) { watchers.push(watcher); },
  };
})();

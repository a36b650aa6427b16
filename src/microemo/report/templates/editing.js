// Fields for corrections, beside what they correct; they are made when somebody begins to correct.
(() => {
  const bar = document.querySelector(".editing");
  if (!bar) return;
  const begin = document.querySelector("[data-edit]");
  const status = document.querySelector(".utterances .saved"), alert = document.querySelector(".utterances .problem");
  const suggested = document.querySelector("#suggested");
  const words = Object.values(corrections.words).flat().sort();
  const name = bar.querySelector("[name=corrected_by]");
  const MAX_SUGGESTED = 12;
  const fields = new Map(); // by utterance: {times, words: by person}

  function made(template) { return document.querySelector(template).content.firstElementChild.cloneNode(true); }

  function rounded(seconds) { return seconds.toFixed(2); }

  function split(text) {
    return [...new Set(text.split(",").map((label) => label.trim().replace(/\s+/g, " ")).filter(Boolean))];
  }

  function field(box, utterance, person) {
    const when = report.clock(utterance.start_sec);
    for (const input of box.querySelectorAll("input")) {
      const label = input.closest("label").firstChild.textContent.trim();
      input.setAttribute("aria-label", `${label}${person ? `, ${person}` : ""}, at ${when}`);
    }
    for (const button of box.querySelectorAll("button")) {
      const edge = { start_sec: "From the player’s time", end_sec: "To the player’s time" }[button.dataset.take];
      button.setAttribute("aria-label", `${edge ?? "As it was"}, at ${when}`);
    }
    return box;
  }

  function build(utterance) {
    const times = field(made("#times-fields"), utterance);
    utterance.item.querySelector(".said").prepend(times);
    for (const edge of ["start_sec", "end_sec"]) {
      const input = times.querySelector(`[name=${edge}]`);
      const move = (seconds) => corrections.move(utterance, edge, Number(seconds));
      input.addEventListener("change", () => { if (input.value === "") fill(); else move(input.value); });
      times.querySelector(`[data-take=${edge}]`).addEventListener("click", () => move(rounded(report.time)));
    }
    times.querySelector("[data-reset]").addEventListener("click", () => corrections.reset(utterance));
    const told = utterance.parts.map(({ box, person }) => {
      const own = field(made("#part-fields"), utterance, person);
      const [labels, note] = own.querySelectorAll("input");
      const tell = () => corrections.tell(utterance, person, split(labels.value), note.value.trim());
      labels.addEventListener("change", tell);
      note.addEventListener("change", tell);
      labels.addEventListener("input", () => suggest(labels));
      labels.addEventListener("focus", () => suggest(labels));
      box.append(own);
      return { own, labels, note, person };
    });
    fields.set(utterance, { times, told });
  }

  // A list of suggestions replaces all that a field has: each begins with the labels that are there.
  function suggest(input) {
    const [, before, last] = input.value.match(/^(.*,\s*)?(.*)$/);
    const fitting = last ? words.filter((word) => word.startsWith(last.toLowerCase())).slice(0, MAX_SUGGESTED) : [];
    suggested.replaceChildren(...fitting.map((word) => new Option(`${before ?? ""}${word}`)));
  }

  function fill() {
    for (const [utterance, { times, told }] of fields) {
      const { start_sec, end_sec } = corrections.times(utterance);
      times.querySelector("[name=start_sec]").value = rounded(start_sec);
      times.querySelector("[name=end_sec]").value = rounded(end_sec);
      for (const { labels, note, person } of told) {
        const given = corrections.part(utterance, person);
        labels.value = (given?.labels ?? utterance.parts.find((one) => one.person === person).labels).join(", ");
        note.value = given?.note ?? "";
      }
    }
  }

  function complain(text) {
    alert.textContent = text;
    alert.hidden = !text;
  }

  function tell() {
    if (fields.size) fill();
    const { number } = corrections;
    const state = corrections.dirty() ? "not saved yet" : corrections.served ? "saved on the server" : "saved";
    const told = `${number} utterance${number === 1 ? "" : "s"} corrected, ${state}.`;
    status.textContent = number || corrections.dirty() ? told : "";
    bar.querySelector("[data-undo]").disabled = !corrections.undoable;
    bar.querySelector("[data-save]").disabled = !corrections.dirty();
    complain(corrections.problem());
  }

  function toggle() {
    const editing = bar.hidden;
    if (editing && !fields.size) corrections.utterances.forEach(build);
    bar.hidden = !editing;
    begin.setAttribute("aria-pressed", editing);
    begin.textContent = editing ? "Done" : "Correct";
    document.querySelector(".utterances").classList.toggle("edited", editing);
    tell();
    if (!editing) { begin.focus(); return; }
    const begun = corrections.utterances.filter((one) => corrections.times(one).start_sec <= report.time);
    fields.get(begun.at(-1) ?? corrections.utterances[0]).told[0]?.labels.focus();
  }

  async function save() {
    document.activeElement.blur(); // what is being typed counts
    try {
      await corrections.save(name.value.trim());
      begin.focus();
    } catch (error) {
      complain(error.message);
    }
  }

  begin.addEventListener("click", toggle);
  report.onKey("e", toggle);
  bar.querySelector("[data-save]").addEventListener("click", save);
  bar.querySelector("[data-undo]").addEventListener("click", () => corrections.undo());
  bar.querySelector("[data-open] input")?.addEventListener("change", async (event) => {
    try {
      name.value = corrections.open(JSON.parse(await event.target.files[0].text())) ?? "";
    } catch (error) {
      complain(`These corrections cannot be read: ${error.message}`);
    }
    event.target.value = "";
  });
  document.addEventListener("keydown", (event) => {
    if (bar.hidden || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key === "s") { event.preventDefault(); save(); }
    if (key === "z" && !event.target.closest("input")) { event.preventDefault(); corrections.undo(); }
  });
  document.querySelector(".exports")?.addEventListener("click", (event) => {
    if (!event.target.closest("a") || !corrections.dirty()) return;
    event.preventDefault();
    complain("Save the corrections first: what is exported is what was saved.");
  });
  window.addEventListener("beforeunload", (event) => { if (corrections.dirty()) event.preventDefault(); });
  corrections.onChange(tell);

  async function ask() {
    const response = await fetch("corrections");
    const found = response.ok ? await response.json() : null;
    if (found) name.value = corrections.open(found) ?? "";
    report.root.dataset.corrections = found ? "some" : "none";
  }
  if (corrections.served) ask().catch((error) => complain(error.message));
})();

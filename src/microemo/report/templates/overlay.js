// The regions of faces over the recording: filled while one of their clues goes on; brief movements have their names.
(() => {
  const layer = document.querySelector(".overlay");
  if (!layer) return;
  const toggle = document.querySelector("[name=outlines]");
  const HOLD_SEC = 0.3; // for which a face is taken to be where it was last found
  const [TIME, X, Y, SIZE, TILT] = [0, 1, 2, 3, 4];

  function drawn(parent, tag, attributes) {
    const made = document.createElementNS(layer.namespaceURI, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    parent.append(made);
    return made;
  }

  const faces = JSON.parse(document.querySelector("#faces").textContent).map((face) => {
    const group = drawn(layer, "g", face.person ? { "data-person": face.person } : {});
    const size = layer.viewBox.baseVal.height / 18;
    return { ...face, group, outline: drawn(group, "g", {}), shape: null,
      text: drawn(group, "text", { "font-size": size, "stroke-width": size / 5, "text-anchor": "middle" }) };
  });

  function last(rows, time, of) {
    let low = 0, high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (of(rows[middle]) <= time) low = middle + 1; else high = middle;
    }
    return low - 1;
  }

  function place(motion, time) {
    const index = last(motion, time, (row) => row[TIME]);
    const before = motion[index], after = motion[index + 1];
    if (before && after && after[TIME] - before[TIME] <= 2 * HOLD_SEC) {
      const share = (time - before[TIME]) / (after[TIME] - before[TIME]);
      return before.map((value, column) => value + share * (after[column] - value));
    }
    return [before, after].find((row) => row && Math.abs(row[TIME] - time) <= HOLD_SEC);
  }

  function outline(face, time) { // of the nearest key frame, earlier or later
    const index = Math.max(0, last(face.shapes, time, (row) => row[TIME]));
    const before = face.shapes[index], after = face.shapes[index + 1] ?? before;
    const shape = after[TIME] - time < time - before[TIME] ? after : before;
    if (face.shape === shape) return;
    face.shape = shape;
    face.outline.replaceChildren();
    for (const [region, polygons] of Object.entries(shape[1])) {
      for (const points of polygons) drawn(face.outline, "polygon", { class: region, points });
    }
  }

  function own(face, selector) {
    const person = face.person ? `[data-person="${face.person}"], tr:not([data-person])` : "tr";
    const rows = [...document.querySelectorAll(`tr[data-region]:not([hidden])${selector}`)];
    return rows.filter((row) => row.matches(person));
  }

  report.onTime((time) => {
    for (const face of toggle.checked ? faces : []) {
      const at = place(face.motion, time);
      face.group.classList.toggle("away", !at);
      if (!at) continue;
      outline(face, time);
      face.outline.setAttribute("transform", `translate(${at[X]} ${at[Y]}) rotate(${at[TILT]}) scale(${at[SIZE]})`);
      const active = new Set(own(face, ":is(.current, .lit)").map((row) => row.dataset.region));
      for (const polygon of face.outline.children) {
        polygon.classList.toggle("active", active.has(polygon.classList[0]));
      }
      const brief = own(face, "[data-micro].current").map((row) => row.querySelector(".name").textContent);
      face.text.textContent = brief.join(", ");
      face.text.setAttribute("x", at[X]);
      face.text.setAttribute("y", Math.max(at[Y] - 2.2 * at[SIZE], layer.viewBox.baseVal.height / 15));
    }
  });

  function switched() {
    layer.toggleAttribute("hidden", !toggle.checked);
    report.show(report.time);
  }
  toggle.addEventListener("change", switched);
  report.onKey("o", () => { toggle.checked = !toggle.checked; switched(); });
})();

// A claim that is pointed at, or focused, lights up its clue everywhere, and says what it is and what hangs on it.
(() => {
  const bubble = document.createElement("p");
  bubble.className = "bubble";
  bubble.id = "evidence";
  bubble.setAttribute("role", "tooltip");
  bubble.hidden = true;
  document.body.append(bubble);

  for (const claim of document.querySelectorAll("a.claim[title]")) {
    claim.dataset.told = claim.title;
    claim.removeAttribute("title");
  }

  function dim() {
    for (const item of document.querySelectorAll(".lit")) item.classList.remove("lit");
    document.querySelector("[aria-describedby=evidence]")?.removeAttribute("aria-describedby");
    bubble.hidden = true;
  }

  function tell(claim) {
    bubble.replaceChildren(claim.dataset.told);
    if (claim.dataset.effect) {
      const effect = document.createElement("b");
      effect.textContent = claim.dataset.effect;
      bubble.append(effect);
    }
    claim.setAttribute("aria-describedby", "evidence");
    bubble.hidden = false;
    bubble.style.left = "0"; // where it stood before, it might have had less room
    const box = claim.getClientRects()[0], { offsetWidth, offsetHeight } = bubble;
    const below = box.bottom + 6 + offsetHeight < innerHeight;
    bubble.style.left = `${scrollX + Math.max(8, Math.min(box.left, report.root.clientWidth - offsetWidth - 8))}px`;
    bubble.style.top = `${scrollY + (below ? box.bottom + 6 : box.top - offsetHeight - 6)}px`;
  }

  function light(event) {
    const pointed = event.target.closest?.("[data-clue]");
    const lit = document.querySelector(".lit")?.dataset.clue;
    if (!pointed && lit === undefined) return;
    dim();
    if (pointed) {
      for (const item of document.querySelectorAll(`[data-clue="${pointed.dataset.clue}"]`)) item.classList.add("lit");
      if (pointed.dataset.told) tell(pointed);
    }
    report.show(report.time);
  }

  document.addEventListener("pointerover", light);
  document.addEventListener("focusin", light);
  document.addEventListener("focusout", dim);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") dim(); });
})();

// A clue is played at a quarter of the speed, from a little before its onset to a little after its offset.
(() => {
  const { player } = report;
  const RATE = 0.25, MARGIN_SEC = 0.3, SLACK_SEC = 0.05;
  let stretch = null;

  function end() {
    stretch = null;
    player.playbackRate = 1;
    document.querySelector(".slow").hidden = true;
  }

  function playSlowly(clue) {
    const { dataset } = document.querySelector(`tr[data-clue="${clue}"]`);
    const from = Math.max(Number(dataset.time) - MARGIN_SEC, 0);
    report.follow({ dataset: { time: from, clue } });
    if (!player.hasAttribute("src")) return;
    stretch = { from, to: Math.min(Number(dataset.end) + MARGIN_SEC, report.duration) };
    player.playbackRate = RATE;
    document.querySelector(".slow").hidden = false;
    player.play().catch(end);
  }

  report.onTime((time) => {
    if (!stretch) return;
    const over = time >= stretch.to - SLACK_SEC;
    if (over) player.pause();
    if (over || time < stretch.from - SLACK_SEC) end();
  });
  player.addEventListener("pause", end);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-slowly]");
    if (button) playSlowly(button.dataset.slowly);
  });
  report.onKey("s", () => {
    const clue = document.activeElement.closest("[data-clue]") ?? document.querySelector(".chosen");
    if (clue) playSlowly(clue.dataset.clue);
  });
})();

// A report opened at report.html#clue-3, #utterance-2 or #t=4.5 shows that moment.
(() => {
  function openHash() {
    const hash = decodeURIComponent(location.hash.slice(1));
    const named = document.getElementById(hash);
    if (named && named.dataset.time) report.follow(named);
    else if (hash.startsWith("t=") && Number(hash.slice(2)) >= 0) report.seek(Number(hash.slice(2)));
  }

  report.show(0);
  openHash();
  window.addEventListener("hashchange", openHash);
  report.root.dataset.ready = "";
})();

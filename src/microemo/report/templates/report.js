"use strict";
// Everything with data-time leads to that second; what has data-end too is marked while the time is inside it.
const report = (() => {
  const root = document.documentElement;
  window.addEventListener("error", (event) => { root.dataset.error = event.message; });

  const player = document.querySelector("video, audio");
  const picker = document.querySelector(".open-file");
  const drawing = document.querySelector(".track > svg");
  const scroller = document.querySelector(".scroller");
  const playhead = document.querySelector(".playhead");
  const stretches = [...document.querySelectorAll("[data-end]")];
  const duration = drawing ? Number(drawing.dataset.duration) : player.duration;
  const followers = []; // called with every time that is shown
  let time = 0;

  function clock(seconds) {
    const tenths = Math.round(seconds * 10);
    const hours = Math.floor(tenths / 36000), minutes = Math.floor(tenths / 600) % 60;
    const rest = `${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
    return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  }

  function show(seconds) {
    time = seconds;
    document.querySelector(".clock").textContent = clock(time);
    for (const item of stretches) {
      item.classList.toggle("current", Number(item.dataset.time) <= time && time < Number(item.dataset.end));
    }
    const doing = [...document.querySelectorAll("tr.current:not([hidden]) .name")].map((name) => name.textContent);
    document.querySelector(".doing").textContent = [...new Set(doing)].join(" · ");
    for (const follow of followers) follow(time);
    if (!playhead) return;
    playhead.style.left = `${(100 * time) / duration}%`;
    playhead.setAttribute("aria-valuenow", time.toFixed(2));
    playhead.setAttribute("aria-valuetext", clock(time));
  }

  function resize(width) {
    if (width) drawing.style.width = `${width}px`;
    for (const mark of drawing.querySelectorAll(".mark")) {
      mark.classList.toggle("narrow", mark.querySelector(".body").getBoundingClientRect().width < 32);
    }
  }

  function keepInView() {
    const x = (time / duration) * drawing.getBoundingClientRect().width;
    if (x < scroller.scrollLeft || x > scroller.scrollLeft + scroller.clientWidth) {
      scroller.scrollLeft = x - scroller.clientWidth / 3;
    }
  }

  function seek(seconds) {
    const target = Math.min(Math.max(seconds, 0), duration);
    player.currentTime = target;
    show(target);
    if (scroller) keepInView();
  }

  function choose(clue) {
    for (const item of document.querySelectorAll(".chosen")) item.classList.remove("chosen");
    if (clue) for (const item of document.querySelectorAll(`[data-clue="${clue}"]`)) item.classList.add("chosen");
  }

  function follow(link) {
    seek(Number(link.dataset.time));
    choose(link.dataset.clue);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-time]");
    if (link) {
      event.preventDefault();
      history.replaceState(null, "", link.getAttribute("href"));
      follow(link);
    } else if (event.target.closest(".track")) {
      const box = drawing.getBoundingClientRect();
      seek(((event.clientX - box.left) / box.width) * duration);
    }
    const zoom = event.target.closest("[data-zoom]");
    if (zoom) {
      resize(drawing.getBoundingClientRect().width * Number(zoom.dataset.zoom));
      keepInView();
    }
  });

  if (playhead) playhead.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 5 : 0.5;
    const target = { ArrowLeft: time - step, ArrowRight: time + step, Home: 0, End: duration }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    seek(target);
  });

  function play() {
    show(player.currentTime);
    if (scroller) keepInView();
    if (!player.paused) requestAnimationFrame(play);
  }
  player.addEventListener("play", play);
  player.addEventListener("seeking", () => show(player.currentTime));
  player.addEventListener("loadedmetadata", () => { root.dataset.media = clock(player.duration); });
  player.addEventListener("error", () => { picker.hidden = false; root.dataset.media = "error"; });
  picker.querySelector("input").addEventListener("change", (event) => {
    player.src = URL.createObjectURL(event.target.files[0]);
    player.currentTime = time;
  });

  // Once the recording is scrolled out of sight, it stays in the corner.
  const stage = document.querySelector(".player");
  new IntersectionObserver(([entry]) => {
    stage.classList.toggle("floating", !entry.isIntersecting && player.readyState > 0);
  }).observe(stage);

  if (drawing) {
    resize();
    window.addEventListener("resize", () => resize());
  }

  // A letter alone is a command, unless it is typed into a field.
  function onKey(letter, act) {
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input:not([type=checkbox], [type=radio], [type=range]), select, textarea");
      if (typing || event.ctrlKey || event.metaKey || event.altKey || event.key.toLowerCase() !== letter) return;
      event.preventDefault();
      act();
    });
  }

  return {
    root, player, duration, clock, show, seek, follow, resize, onKey,
    get time() { return time; },
    onTime(follower) { followers.push(follower); },
  };
})();

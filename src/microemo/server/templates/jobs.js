"use strict";
// The list is what the server says; a recording that is being sent stands on top of it.
(() => {
  const root = document.documentElement;
  window.addEventListener("error", (event) => { root.dataset.error = event.message; });

  const list = document.querySelector(".jobs ul");
  const form = document.querySelector("form");
  const drop = document.querySelector(".drop");
  const picker = drop.querySelector("input");
  const problem = document.querySelector(".problem");
  const STEPS = {
    listen: "Listening", speech: "Recognising speech", languages: "Finding the language", faces: "Looking at faces",
    voices: "Telling voices apart", clues: "Measuring clues", understand: "Judging", why: "Asking why",
  };
  const SHOWN = 100;
  const RETRY_MS = 3000;
  const rows = new Map(); // by job id
  const sending = []; // files that wait to be sent
  let maxBytes = Infinity;
  let mine = null; // the job whose report opens by itself
  let watched = null;

  function say(text) { document.querySelector("[role=status]").textContent = text; }

  function complain(text) {
    problem.textContent = text;
    problem.hidden = !text;
  }

  async function ask(path, options) {
    const response = await fetch(path, options);
    if (response.status === 401) location.reload();
    if (!response.ok && response.status !== 404) throw new Error((await response.json()).detail);
    return response;
  }

  function doing(job) {
    if (job.state === "queued") return "Waits";
    if (job.state === "failed") return `Failed: ${job.error}`;
    if (job.state === "done") return `Done, ${new Date(job.finished_at).toLocaleString()}`;
    if (!job.progress) return "Begins";
    const { step, completed, total } = job.progress;
    const share = total ? `, ${Math.floor((100 * completed) / total)} %` : "";
    return `${STEPS[step] ?? step}${share}`;
  }

  function newRow(name) {
    const row = document.querySelector("template").content.firstElementChild.cloneNode(true);
    row.querySelector("bdi").textContent = name;
    row.querySelector("progress").setAttribute("aria-label", `Progress of ${name}`);
    return row;
  }

  function fill(row, { state, text, completed, total, report, remove }) {
    row.className = `job ${state}`;
    row.querySelector(".state").textContent = text;
    const bar = row.querySelector("progress");
    bar.hidden = completed === undefined && state !== "running";
    if (total) { bar.max = total; bar.value = completed; } else bar.removeAttribute("value");
    const link = row.querySelector("a");
    link.hidden = !report;
    if (report) link.href = report;
    const button = row.querySelector("button");
    if (!button.classList.contains("sure")) button.textContent = remove;
  }

  function show(job) {
    if (!rows.has(job.id)) {
      const row = newRow(job.name);
      row.dataset.job = job.id;
      row.querySelector("a").setAttribute("aria-label", `Open the report of ${job.name}`);
      removable(row, job);
      rows.set(job.id, row);
    }
    const row = rows.get(job.id);
    const over = job.state === "done" || job.state === "failed";
    fill(row, {
      state: job.state, text: doing(job), ...job.progress, remove: over ? "Delete" : "Cancel",
      report: job.state === "done" ? `jobs/${job.id}/report.html` : null,
    });
    return row;
  }

  // What is done is deleted by a second press alone.
  function removable(row, job) {
    const button = row.querySelector("button");
    const calm = () => {
      if (!button.classList.replace("sure", "calm")) return;
      button.textContent = "Delete";
    };
    button.addEventListener("blur", calm);
    button.addEventListener("click", async () => {
      if (button.textContent === "Delete") {
        button.classList.add("sure");
        button.textContent = "Delete for good?";
        say(`Press again to delete ${job.name} and its results for good.`);
        return;
      }
      button.disabled = true;
      try {
        await ask(`jobs/${job.id}`, { method: "DELETE" });
        say(`${job.name} is deleted.`);
        await refresh();
        document.querySelector("#jobs-title").focus();
      } catch (error) {
        button.disabled = false;
        complain(error.message);
      }
    });
  }

  async function refresh() {
    const { jobs, total } = await (await ask(`jobs?limit=${SHOWN}`)).json();
    const kept = new Set(jobs.map((job) => job.id));
    for (const [id, row] of rows) if (!kept.has(id)) { row.remove(); rows.delete(id); }
    jobs.forEach((job, place) => {
      const row = show(job);
      const after = list.querySelectorAll("[data-job]")[place];
      if (after !== row) list.insertBefore(row, after ?? null);
    });
    const more = document.querySelector(".more");
    more.hidden = total <= jobs.length;
    more.textContent = `And ${total - jobs.length} older ones.`;
    empty();
    watch(jobs);
  }

  function empty() { document.querySelector(".none").hidden = list.children.length > 0; }

  // One stream at a time, of the job that runs or is next: browsers allow few connections to a server.
  function watch(jobs) {
    const active = jobs.filter((job) => job.state === "running" || job.state === "queued");
    const next = active.find((job) => job.state === "running") ?? active.at(-1);
    if (watched?.job === next?.id && watched?.readyState !== EventSource.CLOSED) return;
    watched?.close();
    watched = null;
    if (!next) return;
    watched = new EventSource(`jobs/${next.id}/events`);
    watched.job = next.id;
    watched.addEventListener("progress", (event) => show(JSON.parse(event.data)));
    watched.addEventListener("end", (event) => {
      watched.close();
      const job = JSON.parse(event.data);
      if (job) ended(job);
      again();
    });
    watched.addEventListener("error", () => { if (watched.readyState === EventSource.CLOSED) setTimeout(again, RETRY_MS); });
  }

  function again() { refresh().catch(() => setTimeout(again, RETRY_MS)); }

  function ended(job) {
    show(job);
    say(job.state === "done" ? `${job.name} is done.` : `${job.name} failed: ${job.error}`);
    if (job.id === mine && job.state === "done" && !sending.length) location.assign(`jobs/${job.id}/report.html`);
  }

  function send(file) {
    const row = newRow(file.name);
    const request = new XMLHttpRequest(); // fetch does not tell how much has been sent
    const button = row.querySelector("button");
    const tell = (completed) => fill(row, {
      state: "sending", text: `Sending, ${Math.floor((100 * completed) / (file.size || 1))} %`, completed,
      total: file.size, remove: "Cancel",
    });
    button.addEventListener("click", () => request.abort());
    list.prepend(row);
    empty();
    tell(0);
    const body = new FormData(form);
    for (const [name, value] of [...body]) if (value === "" || (value instanceof File && !value.size)) body.delete(name);
    body.append("file", file);
    return new Promise((done) => {
      request.upload.addEventListener("progress", (event) => tell(Math.min(event.loaded, file.size)));
      request.addEventListener("loadend", () => {
        row.remove();
        empty();
        if (request.status === 201) {
          mine = JSON.parse(request.responseText).id;
          say(`${file.name} is sent.`);
        } else if (request.status) {
          complain(`${file.name}: ${detail(request.responseText)}`);
        }
        done();
      });
      request.addEventListener("error", () => complain(`${file.name}: the server did not take it.`));
      request.open("POST", "jobs");
      request.send(body);
    });
  }

  function detail(text) {
    try { return JSON.parse(text).detail; } catch { return "the server did not take it."; }
  }

  async function sendAll(files) {
    complain("");
    if (!form.reportValidity()) return;
    const idle = !sending.length;
    for (const file of files) {
      if (file.size > maxBytes) complain(`${file.name}: larger than this server takes (${megabytes(maxBytes)}).`);
      else sending.push(file);
    }
    if (!idle) return;
    while (sending.length) {
      await send(sending[0]);
      sending.shift();
      await refresh().catch((error) => complain(error.message));
    }
  }

  function megabytes(bytes) { return `${Math.floor(bytes / 2 ** 20)} MiB`; }

  picker.addEventListener("change", () => {
    const files = [...picker.files];
    picker.value = "";
    sendAll(files);
  });
  for (const kind of ["dragover", "dragleave", "drop"]) window.addEventListener(kind, (event) => {
    event.preventDefault(); // a file that misses must not replace the page
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop") sendAll([...event.dataTransfer.files]);
  });
  form.addEventListener("submit", (event) => event.preventDefault());

  document.querySelector("#jobs-title").tabIndex = -1;
  ask("health").then((response) => response.json()).then((health) => {
    maxBytes = health.max_upload_bytes;
    document.querySelector(".limit").textContent = ` of up to ${megabytes(maxBytes)}`;
  }).catch((error) => complain(error.message));
  refresh().catch((error) => complain(error.message)).finally(() => { root.dataset.ready = ""; });
})();

// Saves each answer while its typing pauses and when the page is left. Without it, every Continue saves.

const PAUSE = 1000;
const RETRY = 5000;
const NOT_SAVED = "Not saved yet. Your words are still on this page; it will be tried again.";
const SIGNED_OUT = "Not saved yet: you have been signed out here. Your words stay on this page, and Continue brings them along.";
const NOT_TAKEN = "This could not be saved. Copy what you wrote before you leave this page.";

// A question is the whole form, or one part of it among others, whose names then begin with its own.
for (const question of document.querySelectorAll("[data-draft]")) keepSaving(question);
// A page that the browser kept is older than what was saved from it.
addEventListener("pageshow", (event) => event.persisted && location.reload());

function keepSaving(question) {
  const form = question.closest("form");
  const prefix = question.dataset.prefix ?? "";
  const line = document.querySelector("[data-saved]");
  const lamp = question.querySelector("[data-lamp]");
  const turn = question.querySelector("[data-turn]");
  let saved = words();
  let timer = 0;
  let stopped = false;

  question.addEventListener("input", () => saveIn(PAUSE));
  question.addEventListener("change", () => saveIn(0));
  form.addEventListener("submit", goOn);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && saveNow(true));
  addEventListener("pagehide", () => saveNow(true));

  // What this question sends, by the names that it has on a page of its own.
  function fields() {
    const all = [...new FormData(form)];
    const own = all.filter(([name]) => name.startsWith(prefix)).map(([name, text]) => [name.slice(prefix.length), text]);
    return prefix ? [...own, ...all.filter(([name]) => name === "csrf_token")] : own;
  }

  function words() {
    return new URLSearchParams(fields().filter(([name]) => name === "answer")).toString();
  }

  function saveIn(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(saveNow, milliseconds);
  }

  async function saveNow(leaving = false) {
    clearTimeout(timer);
    const sent = words();
    if (stopped || sent === saved) return;
    try {
      await hear(await post(leaving), sent);
    } catch {
      say(NOT_SAVED);
      saveIn(RETRY);
    }
  }

  function post(leaving) {
    nextTurn();
    return fetch(question.dataset.draft, {
      method: "POST",
      body: new URLSearchParams(fields()),
      keepalive: leaving,
      redirect: "manual",
    });
  }

  async function hear(answer, sent) {
    const told = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
    if (answer.ok && told) {
      saved = sent;
      if (lamp) {
        if (told.told) lamp.querySelector("[data-told]").textContent = told.told;
        lamp.hidden = !told.lit;
      }
    }
    stopped ||= answer.status === 409;
    if (answer.status >= 500) throw new Error("not saved");
    say(told ? told.line : [400, 403].includes(answer.status) ? SIGNED_OUT : NOT_TAKEN);
  }

  // What is posted now counts; a save that is still on its way comes too late by its turn.
  function goOn() {
    clearTimeout(timer);
    stopped = true;
    nextTurn();
  }

  function nextTurn() {
    turn.value = Number(turn.value) + 1;
  }

  function say(words) {
    if (line && line.textContent !== words) line.textContent = words;
  }
}

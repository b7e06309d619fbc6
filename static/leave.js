// Leaves at once: covers the page, ends the session, opens a neutral site. Without it, the form does the same.

const TIMES = 3;
const WITHIN_MS = 1500;

const form = document.querySelector("[data-leave]");
let presses = [];
let alone = false;

function leave() {
  const neutral = form.dataset.leave;
  document.documentElement.classList.add("left");
  document.title = new URL(neutral).hostname;
  // Sent on its way before the page goes; keepalive lets it arrive afterwards.
  fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), keepalive: true, redirect: "manual" }).catch(() => {});
  location.replace(neutral);
}

// Shift counts when it goes down and up by itself. Held for a capital letter, or while a word is composed, it
// does not: whoever types in a hurry stays where they are.
addEventListener("keydown", (event) => {
  if (event.key === "Shift" && !event.repeat) {
    alone = !event.isComposing && !event.ctrlKey && !event.altKey && !event.metaKey;
  } else if (event.key !== "Shift") {
    alone = false;
    presses = [];
  }
});

addEventListener("keyup", (event) => {
  if (event.key !== "Shift" || !alone) return;
  alone = false;
  presses = [...presses, event.timeStamp].filter((moment) => event.timeStamp - moment <= WITHIN_MS);
  if (presses.length >= TIMES) leave();
});

// Shift held while something is marked or pressed with the mouse is not pressed alone.
addEventListener("pointerdown", () => {
  alone = false;
  presses = [];
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  leave();
});

// Back from another site, a browser may show the page as it was kept; it is asked for anew instead.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

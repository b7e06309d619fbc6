// The desk by keyboard: single keys where nothing is being typed. They can be switched off, for this browser.
const off = "desk-keys-off";
const hint = document.querySelector("[data-desk-keys]");
const places = { t: hint?.dataset.today, c: hint?.dataset.calendar, p: hint?.dataset.practice };

const items = () => [...document.querySelectorAll("main .queue > li > a[href]")];
const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

const state = () => {
  try {
    return localStorage.getItem(off) === "yes";
  } catch {
    return false;
  }
};

const show = () => {
  if (!hint) return;
  hint.hidden = false;
  hint.querySelector("[data-keys-on]").hidden = state();
  hint.querySelector("[data-keys-off]").hidden = !state();
};

const step = (by) => {
  const all = items();
  if (all.length === 0) return;
  const focused = all.indexOf(document.activeElement);
  const open = all.findIndex((link) => link.getAttribute("aria-current") === "page");
  const from = focused >= 0 ? focused : open;
  const to = from < 0 ? (by > 0 ? 0 : all.length - 1) : from + by;
  if (to < 0 || to >= all.length) return;
  // Beside an open person the next one opens; on the day's page the next one is only pointed at.
  if (focused < 0 && open >= 0) all[to].click();
  else all[to].focus();
};

hint?.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  try {
    if (state()) localStorage.removeItem(off);
    else localStorage.setItem(off, "yes");
  } catch {
    // A browser that keeps nothing keeps its keys.
  }
  show();
  hint.querySelector("span:not([hidden]) button").focus();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.repeat || event.isComposing) return;
  if (state() || isTyping(event.target)) return;
  const key = event.key.toLowerCase();
  if (key === "j") step(1);
  else if (key === "k") step(-1);
  else if (places[key]) location.assign(places[key]);
  else return;
  event.preventDefault();
});

show();

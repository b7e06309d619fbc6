// Lets the preview follow the typing, and mends what is pasted. Without it, a button shows the preview.

const LEAST_PAUSE = 600;
const MOST_PAUSE = 8000;

const form = document.querySelector("form[data-writing]");
const preview = document.getElementById("preview");

for (const field of document.querySelectorAll("form[data-mends] textarea[name=words]")) mendPasted(field);
if (form && preview) {
  followTyping();
  warnOfUnsaved();
}

// The page answers a preview as it does without script. XMLHttpRequest reads that answer as a page by itself,
// in which nothing runs, and the preview is taken out of it: no text is ever made into elements here.
function pageFor(body) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.responseType = "document";
    request.onload = () => (request.status === 200 && request.response ? resolve(request.response) : reject(new Error("no page")));
    request.onerror = request.onabort = () => reject(new Error("no page"));
    request.send(body);
  });
}

function followTyping() {
  let timer = 0;
  let pause = LEAST_PAUSE;
  let shown = state();
  let busy = false;

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, pause);
  });

  function state() {
    return JSON.stringify(["title", "words"].map((name) => form.elements[name].value));
  }

  async function look() {
    const wanted = state();
    if (busy || wanted === shown) return;
    busy = true;
    const body = new FormData(form);
    body.set("way", "preview");
    const began = performance.now();
    try {
      const page = await pageFor(body);
      const found = page.getElementById("preview");
      if (found) preview.replaceChildren(...[...found.childNodes].map((node) => document.importNode(node, true)));
      shown = wanted;
    } catch {
      // The button still does it, and says what is wrong.
      shown = wanted;
    }
    busy = false;
    // A long text takes long: it is looked at less often.
    pause = Math.min(MOST_PAUSE, Math.max(LEAST_PAUSE, 3 * (performance.now() - began)));
    if (state() !== wanted) timer = setTimeout(look, pause);
  }
}

function warnOfUnsaved() {
  const line = document.querySelector("[data-unsaved]");
  let leaving = false;
  form.addEventListener("input", () => (line.hidden = false));
  form.addEventListener("submit", () => (leaving = true));
  addEventListener("beforeunload", (event) => {
    if (!leaving && !line.hidden) event.preventDefault();
  });
}

// What comes from a word processor or a site brings headings and lists along: the portal makes Markdown of them.
function mendPasted(field) {
  field.addEventListener("paste", async (event) => {
    const looks = event.clipboardData?.getData("text/html");
    if (!looks) return;
    event.preventDefault();
    const plain = event.clipboardData.getData("text/plain");
    const body = new FormData();
    body.set("csrf_token", field.form.elements.csrf_token.value);
    body.set("words", looks);
    let words = plain;
    try {
      const answer = await fetch(field.form.dataset.mends, { method: "POST", body });
      if (answer.ok) words = (await answer.json()).words ?? plain;
    } catch {
      // The words themselves are not lost.
    }
    field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

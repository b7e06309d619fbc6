// Reads the text aloud with a voice of this device, paragraph by paragraph. Where there is none, nothing is shown.

const bar = document.querySelector("[data-listen]");
const article = document.querySelector("article.reading");
const speech = window.speechSynthesis;

if (bar && article && speech) {
  offer();
  speech.addEventListener?.("voiceschanged", offer);
  // A voice would go on after the page is gone.
  addEventListener("pagehide", () => speech.cancel());
}

// A voice that is not of this device sends the words elsewhere to be spoken: it is not used.
function voice() {
  const language = (article.closest("[lang]")?.lang || "en").toLowerCase();
  const here = speech.getVoices().filter((each) => each.localService);
  const fits = (each) => each.lang.toLowerCase().replace("_", "-").split("-")[0] === language.split("-")[0];
  return here.find((each) => fits(each) && each.default) ?? here.find(fits);
}

function offer() {
  if (!voice() || !bar.hidden) return;
  bar.hidden = false;
  const [start, pause, stop] = ["start", "pause", "stop"].map((name) => bar.querySelector(`[data-say=${name}]`));
  let blocks = [];
  let at = 0;
  // Whatever an utterance of an earlier turn says afterwards is not listened to.
  let turn = 0;

  start.addEventListener("click", () => {
    blocks = [...article.querySelectorAll("[id^=p]")].filter((block) => block.textContent.trim());
    at = 0;
    show(true);
    say();
    pause.focus();
  });
  pause.addEventListener("click", () => {
    const goesOn = pause.textContent === "Go on";
    // Some browsers lose their place in a pause: the paragraph is begun again.
    turn += 1;
    speech.cancel();
    pause.textContent = goesOn ? "Pause" : "Go on";
    if (goesOn) say();
  });
  stop.addEventListener("click", () => {
    end();
    start.focus();
  });

  function say() {
    const mine = (turn += 1);
    mark(blocks[at]);
    if (!blocks[at]) return end();
    const utterance = new SpeechSynthesisUtterance(blocks[at].innerText);
    utterance.voice = voice();
    utterance.lang = utterance.voice?.lang ?? "";
    utterance.addEventListener("end", () => {
      if (mine !== turn) return;
      at += 1;
      say();
    });
    utterance.addEventListener("error", () => mine === turn && end());
    speech.speak(utterance);
  }

  function end() {
    turn += 1;
    speech.cancel();
    mark(null);
    pause.textContent = "Pause";
    show(false);
  }

  function mark(block) {
    article.querySelector(".is-spoken")?.removeAttribute("aria-current");
    article.querySelector(".is-spoken")?.classList.remove("is-spoken");
    block?.classList.add("is-spoken");
    block?.setAttribute("aria-current", "true");
    block?.scrollIntoView({ block: "nearest" });
  }

  function show(speaking) {
    start.hidden = speaking;
    pause.hidden = stop.hidden = !speaking;
  }
}

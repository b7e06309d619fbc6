// Says some minutes beforehand that somebody will be signed out, and lets them stay. Without it, the foot of the
// page says until when they are signed in, and opening any page does the same.

const BEFORE_MS = 3 * 60 * 1000;
// A page that was put to sleep looks again when it wakes.
const LOOK_AGAIN_MS = 20 * 1000;
// A line that appears and speaks at once is not heard by every screen reader.
const A_BREATH_MS = 100;

const line = document.querySelector("[data-stay]");
if (line) watch(line, line.querySelector("time"), document.querySelector(".stay"));

function watch(line, time, notice) {
  const words = notice.querySelector("[role=status]");
  const button = notice.querySelector("button");
  // Other tabs of the same visit: what one of them is told counts for all.
  const tabs = globalThis.BroadcastChannel ? new BroadcastChannel("stay") : null;
  let until = Date.parse(line.dataset.until);
  let told = "";

  tabs?.postMessage({ until, words: time.textContent });
  tabs?.addEventListener("message", ({ data }) => data.until > until && stays(data));
  button.addEventListener("click", stay);
  document.addEventListener("visibilitychange", look);
  setInterval(look, LOOK_AGAIN_MS);
  look();

  function look() {
    const left = until - Date.now();
    if (left > BEFORE_MS) return;
    if (left > 0) say(`Nothing was opened here for a while. You will be signed out at ${time.textContent}.`, true);
    else say("You have been signed out here, since nothing was opened for a while. What you typed stays on this page, and comes along when you go on.", false);
  }

  // Told once: a line that changes all the time would talk over whoever reads.
  function say(text, canStay) {
    if (told === text) return;
    told = text;
    notice.hidden = false;
    button.hidden = !canStay;
    setTimeout(() => (words.textContent = told), A_BREATH_MS);
  }

  async function stay() {
    try {
      const answer = await fetch(line.dataset.stay, {
        method: "POST",
        body: new URLSearchParams({ csrf_token: document.querySelector(".bar__sign-out [name=csrf_token]").value }),
        redirect: "manual",
      });
      if (!answer.ok) return ended();
      const said = await answer.json();
      const now = { until: said.until ? Date.parse(said.until) : Infinity, words: said.words };
      tabs?.postMessage(now);
      return stays(now);
    } catch {
      return say("The portal did not answer. Press once more, or open any page of it.", true);
    }
  }

  function ended() {
    until = 0;
    look();
  }

  function stays(now) {
    until = now.until;
    time.textContent = now.words;
    told = words.textContent = "";
    notice.hidden = true;
  }
}

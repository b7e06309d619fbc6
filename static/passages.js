// Keeps words that are marked, and the place for whoever allows it. Without it, buttons do both.

const article = document.querySelector("article.reading");
const keep = document.querySelector("form[data-keep]");
const print = document.querySelector("[data-print]");

function blockOf(node) {
  const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
  const block = element?.closest?.("article.reading [id^=p]");
  return block && article.contains(block) ? Number(block.id.slice(1)) || null : null;
}

// Marked words are offered to be kept as long as they lie within the text.
function offerMarked() {
  const marked = getSelection();
  const range = marked.rangeCount ? marked.getRangeAt(0) : null;
  const words = range && !marked.isCollapsed && article.contains(range.commonAncestorContainer) ? marked.toString().trim() : "";
  const block = words ? blockOf(range.startContainer) : null;
  keep.hidden = !block;
  if (!block) return;
  keep.elements.block.value = block;
  keep.elements.words.value = words;
}

// The first block that is still on the screen when the page is left is where to go on.
function keepPlace() {
  const blocks = [...article.querySelectorAll("[id^=p]")];
  let at = 0;

  function look() {
    const first = blocks.find((block) => block.getBoundingClientRect().bottom > 0);
    const through = blocks.at(-1)?.getBoundingClientRect().bottom <= innerHeight;
    return through ? blocks.length : Number(first?.id.slice(1) ?? 0);
  }

  function send() {
    const place = look();
    // Whoever has only glanced at the beginning keeps the place that they had.
    if (place === at || (at === 0 && place <= 1)) return;
    at = place;
    const body = new URLSearchParams({ csrf_token: keep.elements.csrf_token.value, block: String(place) });
    fetch(article.dataset.place, { method: "POST", body, keepalive: true, redirect: "manual" }).catch(() => {});
  }

  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && send());
  addEventListener("pagehide", send);
}

if (keep) {
  document.addEventListener("selectionchange", offerMarked);
  // Pressing the button must not take the mark away from the words.
  keep.addEventListener("mousedown", (event) => event.preventDefault());
}
if (article?.dataset.place && keep) keepPlace();
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

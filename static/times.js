// Offers the times in the zone of this device, where the page shows them in another one; and takes the words
// that were typed along to whichever page of times one goes to.
const line = document.querySelector("[data-device-zone]");
const device = Intl.DateTimeFormat().resolvedOptions().timeZone;
const asking = document.querySelector("main form textarea[name=words]")?.form;

// The same zone may have an old name and a new one.
const settled = (zone) => Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;

if (line && device && settled(device) !== settled(line.dataset.deviceZone)) {
  const address = new URL(location.href);
  address.searchParams.set("zone", device);
  address.searchParams.delete("change-zone");
  line.querySelector("span").textContent = device.replaceAll("_", " ");
  line.querySelector("a").href = address.href;
  line.hidden = false;
}

// A link or a form that shows other times would leave the words behind: they are sent along instead.
const takeAlong = (event, address) => {
  if (!asking?.elements.words.value || address.pathname !== location.pathname) return;
  event.preventDefault();
  asking.elements.zone.value = address.searchParams.get("zone") ?? asking.elements.zone.value;
  const arranges = Object.assign(document.createElement("input"), { type: "hidden", name: "from" });
  arranges.value = address.searchParams.get("from") ?? "";
  asking.append(arranges);
  asking.action = address.href;
  asking.submit();
};

document.querySelector("main").addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const within = link?.getAttribute("href").startsWith("#");
  if (link && !within && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    takeAlong(event, new URL(link.href));
  }
});

document.querySelector("main").addEventListener("submit", (event) => {
  if (event.target.method !== "get") return;
  const address = new URL(event.target.action);
  for (const [name, value] of new FormData(event.target)) address.searchParams.append(name, value);
  takeAlong(event, address);
});

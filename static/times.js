// Offers the times in the zone of this device, where the page shows them in another one.
const line = document.querySelector("[data-device-zone]");
const device = Intl.DateTimeFormat().resolvedOptions().timeZone;

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

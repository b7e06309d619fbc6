// Tells the form in which time zone this device is, so that times are shown as its clock shows them.
const field = document.querySelector("[data-time-zone]");
if (field) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";

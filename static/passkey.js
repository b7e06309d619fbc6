// Asks this device for a passkey, and sends what it says with the form. Without it, a password does the same.

const NOT_DONE = "Nothing was done. Try once more, or go on another way.";
const HERE_ALREADY = "This device has a passkey here already.";
const NOT_NOW = "This does not work at the moment. Go on another way, or try again in a minute.";

const able = globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON && PublicKeyCredential.parseRequestOptionsFromJSON;
if (able) {
  for (const offer of document.querySelectorAll("[data-passkey-offer]")) offer.hidden = false;
  for (const button of document.querySelectorAll("[data-passkey]")) button.addEventListener("click", () => press(button));
}

async function press(button) {
  const line = button.closest("[data-passkey-offer]").querySelector("[role=status]");
  line.textContent = "";
  button.disabled = true;
  try {
    await ask(button, line);
  } catch (problem) {
    line.textContent = problem.name === "InvalidStateError" ? HERE_ALREADY : NOT_DONE;
  } finally {
    button.disabled = false;
  }
}

async function ask(button, line) {
  const { form } = button;
  // The account comes first; the passkey is made behind the mailed link.
  if (button.dataset.passkey === "later") return send(form, "way", "passkey");
  const answer = await fetch(button.dataset.challenge, {
    method: "POST",
    body: new URLSearchParams({ csrf_token: form.elements.csrf_token.value }),
    redirect: "manual",
  });
  if (!answer.headers.get("Content-Type")?.startsWith("application/json")) {
    // Where the portal wants to know first who it is, the form itself is answered with that question.
    if (answer.status === 403) return form.submit();
    line.textContent = NOT_NOW;
    return undefined;
  }
  const wish = await answer.json();
  const shown = button.dataset.passkey === "make"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(wish) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(wish) });
  if (button.dataset.action) form.action = button.dataset.action;
  return send(form, "credential", JSON.stringify(shown));
}

function send(form, name, value) {
  form.elements[name].value = value;
  form.submit();
}

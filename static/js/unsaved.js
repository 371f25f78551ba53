// Leaving a half-filled form by a link asks first. Half-filled: somebody typed into it, and it differs from what it was
// when the page came; a form that came back unsent (data-unsaved) is so from the beginning. Where nobody is signed in,
// only the latter: there is nothing to lose in an address and a password.

const touched = new Set();
let sent = null;

// What is answered by a download loses nothing.
const ofInterest = (form) => form?.method === "post" && !("submitMany" in form.dataset) && "askUnsaved" in document.body.dataset;

function differs(control) {
  if (control.disabled || control.type === "hidden" || control.type === "password") return false;
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (control.type === "file") return control.files.length > 0;
  if (control instanceof HTMLSelectElement) {
    const wasChosen = [...control.options].some((option) => option.defaultSelected);
    return [...control.options].some((option, index) => option.selected !== (wasChosen ? option.defaultSelected : index === 0));
  }
  return "defaultValue" in control && control.value !== control.defaultValue;
}

const isHalfFilled = (form) => form.isConnected && ("unsaved" in form.dataset || [...form.elements].some(differs));

for (const type of ["input", "change"]) {
  document.addEventListener(type, (event) => {
    if (event.isTrusted && ofInterest(event.target.form)) touched.add(event.target.form);
  });
}

// At the window, after every other listener: where one stops the event (an HTMX form), the page stays and nothing is sent.
addEventListener("submit", (event) => {
  if (!event.defaultPrevented) sent = event.target;
});

addEventListener("pageshow", () => (sent = null));

addEventListener("beforeunload", (event) => {
  const forms = new Set([...touched, ...document.querySelectorAll("form[data-unsaved]")]);
  forms.delete(sent);
  if ([...forms].some(isHalfFilled)) event.preventDefault();
});

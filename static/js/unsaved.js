// Asks before a link leaves a half-filled form: a form that the user has changed, or that came back unsent (data-unsaved).
// On pages without sign-in only the latter: an email address and a password are quickly typed again.

const touched = new Set();
let sent = null;

// A download does not leave the page.
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

// On the window, after all other listeners: if one of them stops the event (an HTMX form), the page is not left.
addEventListener("submit", (event) => {
  if (!event.defaultPrevented) sent = event.target;
});

addEventListener("pageshow", () => (sent = null));

addEventListener("beforeunload", (event) => {
  const forms = new Set([...touched, ...document.querySelectorAll("form[data-unsaved]")]);
  forms.delete(sent);
  if ([...forms].some(isHalfFilled)) event.preventDefault();
});

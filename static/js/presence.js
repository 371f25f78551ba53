// Tells the other agents that somebody is writing: the presence of a ticket page (data-presence) is sent every fifteen
// seconds, and says so if a text of a composer (data-composer) was changed.

document.addEventListener("htmx:configRequest", (event) => {
  if (!event.target.matches?.("[data-presence]")) return;
  const texts = [...document.querySelectorAll("[data-composer] textarea")];
  if (texts.some((text) => text.value !== text.defaultValue)) event.detail.parameters.writing = "yes";
});

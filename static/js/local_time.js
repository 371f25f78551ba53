// The server writes UTC and ISO dates. The user sees local times and dates, and the originals on hover.

const moment = new Intl.DateTimeFormat(document.documentElement.lang || undefined, {
  year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

// A calendar day has no time zone. Only its format follows the browser's language.
const day = new Intl.DateTimeFormat(document.documentElement.lang || undefined, {
  year: "numeric", month: "short", day: "numeric", timeZone: "UTC",
});

function localise(root) {
  for (const time of root.querySelectorAll("time[data-day]")) {
    time.title = time.dateTime;
    time.textContent = day.format(new Date(time.dateTime));
    time.removeAttribute("data-day");
  }
  for (const time of root.querySelectorAll("time[data-moment]")) {
    const instant = new Date(time.dateTime);
    if (Number.isNaN(instant.valueOf())) continue;
    time.title = `${time.dateTime.slice(0, 19).replace("T", " ")} UTC`;
    time.textContent = moment.format(instant);
    time.removeAttribute("data-moment");
  }
}

document.addEventListener("htmx:afterSettle", (event) => localise(event.target.parentElement ?? document));
localise(document);

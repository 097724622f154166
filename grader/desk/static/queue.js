// Keys of the queue: N opens the next hand-in to mark, / the search, arrows move between rows.
import { composing, modified, typing } from "./talk.js";

const links = [...document.querySelectorAll(".queue tbody th a")];

document.addEventListener("keydown", (event) => {
  if (composing(event) || modified(event)) return;
  if (typing(event)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const at = links.indexOf(document.activeElement);
  if (event.key === "n" || event.key === "N") document.getElementById("next")?.click();
  else if (event.key === "/") document.getElementById("search").focus();
  else if (event.key === "ArrowDown") links[Math.min(at + 1, links.length - 1)]?.focus();
  else if (event.key === "ArrowUp") links[Math.max(at - 1, 0)]?.focus();
  else return;
  event.preventDefault();
});

for (const select of document.querySelectorAll("#filters select, #filters [type=checkbox]")) {
  select.addEventListener("change", () => document.getElementById("filters").requestSubmit());
}

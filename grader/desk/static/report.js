// The pages of a report: turned by keys and links, searched by words.
import { ask, composing } from "./talk.js";

const picture = document.getElementById("page");
const pageNumber = document.getElementById("page-number");
const SEARCH_MS = 250;

function address(number) {
  return picture.getAttribute("src").replace(/\d+\.png$/, `${number}.png`);
}

export const hasPages = picture !== null;

export function shownPage() {
  return picture ? Number(picture.dataset.shown) : 0;
}

export function turn(to) {
  if (!picture) return;
  const pages = Number(picture.dataset.pages);
  const number = Math.min(Math.max(to, 1), pages);
  if (String(number) !== picture.dataset.shown) {
    picture.dataset.shown = String(number);
    picture.src = address(number);
    picture.alt = picture.alt.replace(/\d+$/, String(number));
    picture.closest("section").scrollIntoView({ block: "start" });
  }
  pageNumber.value = String(number);
}

function show(number) {
  turn(number);
  picture.closest("section").scrollIntoView({ block: "start" });
}

if (picture) {
  const problem = document.getElementById("page-problem");
  picture.dataset.shown = "1";
  const drawn = () => {
    problem.hidden = true;
    picture.hidden = false;
    const next = Number(picture.dataset.shown) + 1;
    // Drawn while this one is read.
    if (next <= Number(picture.dataset.pages)) new Image().src = address(next);
  };
  picture.addEventListener("load", drawn);
  picture.addEventListener("error", () => { problem.hidden = false; picture.hidden = true; });
  if (picture.complete && picture.naturalWidth) drawn();
  pageNumber.addEventListener("change", () => turn(Number(pageNumber.value) || 1));
  document.getElementById("page-back").addEventListener("click", () => turn(shownPage() - 1));
  document.getElementById("page-on").addEventListener("click", () => turn(shownPage() + 1));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-turn]");
    if (!link) return;
    event.preventDefault();
    show(Number(link.dataset.turn));
  });
}

// ---------------------------------------------------------------- logs

// A log is read when somebody opens it.
export function logs(handIn, words) {
  for (const details of document.querySelectorAll("[data-log]")) {
    details.addEventListener("toggle", async () => {
      const place = details.querySelector("pre");
      if (!details.open || place.textContent) return;
      try {
        const found = await ask(`/api/log/${handIn}/${details.dataset.log}`);
        place.textContent = found.text || words.noText;
      } catch (error) {
        place.textContent = error.message;
      }
    });
  }
}

// ---------------------------------------------------------------- search

const field = document.getElementById("search-report");

export function focusSearch() {
  field?.focus();
  field?.select();
}

export function search(handIn, words) {
  if (!field) return;
  const list = document.getElementById("hits");
  const said = document.getElementById("hits-said");
  let timer = 0;
  let asked = "";

  function item(hit) {
    const made = document.createElement("li");
    const link = document.createElement("a");
    link.href = "#paper";
    link.dataset.turn = String(hit.page);
    link.textContent = words.page.replace("{n}", hit.page);
    const mark = document.createElement("mark");
    mark.textContent = hit.words;
    // Written by a student: its own direction must not turn the rest of the line.
    const text = document.createElement("bdi");
    text.append(`${hit.before} `, mark, ` ${hit.after}`);
    made.append(link, " ", text);
    return made;
  }

  async function find() {
    const query = field.value.trim();
    if (query === asked) return;
    asked = query;
    if (!query) {
      list.replaceChildren();
      said.textContent = "";
      return;
    }
    try {
      const found = await ask(`/api/report/${handIn}?q=${encodeURIComponent(query)}`);
      if (query !== asked) return;
      list.replaceChildren(...found.hits.map(item));
      said.textContent = found.said;
    } catch (error) {
      said.textContent = error.message;
    }
  }

  // The report is read while somebody types; the search itself reports what is wrong with it.
  const read = () => ask(`/api/report/${handIn}?q=`).catch(() => {});
  field.addEventListener("focus", read, { once: true });
  field.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(find, SEARCH_MS);
  });
  field.addEventListener("compositionend", () => { timer = setTimeout(find, SEARCH_MS); });
  let next = 0;
  field.addEventListener("keydown", async (event) => {
    if (event.key !== "Enter" || composing(event)) return;
    event.preventDefault();
    clearTimeout(timer);
    if (field.value.trim() !== asked) {
      next = 0;
      await find();
    }
    // Enter goes from page to page, and the field keeps the focus.
    const pages = [...new Set([...list.querySelectorAll("[data-turn]")].map((a) => a.dataset.turn))];
    if (pages.length) turn(Number(pages[next++ % pages.length]));
  });
}

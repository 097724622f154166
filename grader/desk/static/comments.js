// The list of reusable comments: search as you type, arrows, Enter.
import { ask, composing } from "./talk.js";

const dialog = document.getElementById("comments");
const find = document.getElementById("find");
const list = document.getElementById("found");
const none = document.getElementById("none");
const WAIT_MS = 80;

// The comment that was chosen or written, or null.
export function chooseComment(words, lang) {
  let items = [];
  let at = 0;
  let timer = 0;
  let asked = 0;
  let searched = null; // the words that the list fits

  const draw = () => {
    list.replaceChildren(...items.map((item, index) => {
      const row = document.createElement("li");
      row.id = `comment-${index}`;
      row.role = "option";
      row.ariaSelected = String(index === at);
      row.textContent = item[lang] + (item.points ? ` (${item.points})` : "");
      const count = document.createElement("span");
      count.className = "muted";
      count.textContent = ` ${item.uses} ×`;
      row.append(count);
      row.addEventListener("click", () => dialog.close(String(index)));
      return row;
    }));
    find.setAttribute("aria-activedescendant", items.length ? `comment-${at}` : "");
    none.textContent = items.length || !find.value.trim() ? "" : words.none;
    document.getElementById(`comment-${at}`)?.scrollIntoView({ block: "nearest" });
  };

  const search = async () => {
    const number = ++asked;
    const text = find.value.trim();
    try {
      const found = await ask(`/api/comments?q=${encodeURIComponent(text)}`);
      if (number !== asked) return; // an answer that came late
      items = found;
      searched = text;
      at = 0;
      draw();
    } catch {
      none.textContent = words.offline;
    }
  };

  const later = () => { clearTimeout(timer); timer = setTimeout(search, WAIT_MS); };

  const key = async (event) => {
    if (composing(event)) return;
    if (event.key === "ArrowDown") at = Math.min(at + 1, items.length - 1);
    else if (event.key === "ArrowUp") at = Math.max(at - 1, 0);
    else if (event.key === "Enter") {
      event.preventDefault();
      clearTimeout(timer);
      // What is typed from here on is meant for the page.
      const text = find.value.trim();
      find.readOnly = true;
      if (text !== searched) await search();
      if (items.length) dialog.close(String(at));
      else if (text) {
        try {
          items = [await ask("/api/comments", { [lang]: text, points: "" })];
          dialog.close("0");
        } catch (error) {
          none.textContent = error.message;
        }
      }
      find.readOnly = false;
      return;
    } else return;
    event.preventDefault();
    draw();
  };

  find.value = "";
  find.addEventListener("input", later);
  find.addEventListener("keydown", key);
  dialog.returnValue = "";
  dialog.showModal();
  find.focus();
  search();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      find.removeEventListener("input", later);
      find.removeEventListener("keydown", key);
      done(dialog.returnValue === "" ? null : items[Number(dialog.returnValue)] || null);
    }, { once: true });
  });
}

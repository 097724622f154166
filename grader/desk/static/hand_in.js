// One hand-in: every criterion is set by keys or buttons, and each change is saved at once.
import { ask, composing, modified, typing } from "./talk.js";
import { Saving } from "./saving.js";
import { chooseComment } from "./comments.js";
import { focusSearch, hasPages, logs, search, shownPage, turn } from "./report.js";

const main = document.getElementById("main");
const page = JSON.parse(main.dataset.page);
const words = page.words;
const sections = [...document.querySelectorAll(".criterion")];
const byId = new Map(sections.map((section) => [section.dataset.criterion, section]));
const shown = sections.filter((section) => !section.classList.contains("folded"));
const stateLine = document.getElementById("state");
const TYPING_MS = 700;

const saving = new Saving(page.handIn, page.states.criteria, tell);
saving.reason = () => document.getElementById("why").value.trim();
let current = null;

// ---------------------------------------------------------------- what is shown

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function button(text, act) {
  const made = element("button", text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

function draw(id) {
  const section = byId.get(id);
  const content = saving.content(id);
  const state = saving.states[id];
  for (const level of section.querySelectorAll(".level")) {
    level.setAttribute("aria-pressed", String(level.dataset.points === content.points));
  }
  const value = section.querySelector(".value");
  if (value && document.activeElement !== value) value.value = content.points;
  const text = section.querySelector(".text");
  if (document.activeElement !== text) text.value = content.note;
  if (content.note || id === "") section.querySelector(".note-field").hidden = false;
  section.querySelector(".said").replaceChildren(...content.uses.map((use) => {
    const item = element("li", use[page.lang] + (use.points ? ` (${use.points})` : ""));
    if (use.old) item.append(" ", element("span", words.older, "tag"));
    const remove = button("×", () => {
      change(id, { uses: saving.content(id).uses.filter((other) => other.id !== use.id) });
    });
    remove.setAttribute("aria-label", words.remove);
    remove.className = "quiet";
    item.append(" ", remove);
    return item;
  }));
  section.querySelector(".got").textContent = saving.wanted.has(id) ? "…" : state.points;
  section.classList.toggle("given", state.counts);
  const line = section.querySelector(".state-line");
  line.textContent = state.author ? fill(words.by, { author: state.author }) : "";
  for (const look of state.looks) line.append(" ", element("span", look[page.lang], "problem"));
  drawChoice(id);
}

function drawChoice(id) {
  const choice = byId.get(id).querySelector(".choice");
  const state = saving.states[id];
  choice.replaceChildren();
  if (saving.held.has(id) && saving.conflicted.has(id)) {
    const given = state.points || state.base || words.nothingGiven;
    choice.append(element("p", fill(words.conflict, { author: state.author, points: given })));
    choice.append(button(words.theirs, () => { saving.conflicted.delete(id); saving.give_up(id); draw(id); tell(""); }));
    choice.append(button(words.mine, () => { saving.conflicted.delete(id); saving.held.delete(id); saving.run(); }));
    return;
  }
  for (const dispute of state.disputes) {
    const row = element("p", fill(words.dispute, { author: dispute.author, points: dispute.base || "–" }));
    row.append(" ", button(words.take, () => change(id, {
      points: dispute.base, note: dispute.note, uses: dispute.uses,
    })));
    choice.append(row);
  }
}

function tell(what, more = {}) {
  if (what === "saved") remember(more);
  if (what === "conflict") saving.conflicted.add(more.id);
  if (what === "reason") {
    document.querySelector(".reason").hidden = false;
    document.getElementById("why").focus();
  }
  const text = { reason: words.reason, refused: words.refused + more.message,
                 locked: words.refused + more.message, conflict: more.message }[what] || words[what] || "";
  stateLine.textContent = text;
  stateLine.className = what;
  if (saving.total !== undefined) document.getElementById("total").textContent = saving.total;
  if (saving.published) document.querySelector(".reason").hidden = false;
  [...byId.keys()].forEach(draw);
}

// ---------------------------------------------------------------- changes and undo

function change(id, part) {
  saving.change(id, part);
  draw(id);
}

function undoStack() {
  return JSON.parse(sessionStorage.getItem("undo") || "[]");
}

function remember({ id, before, version }) {
  if (undoing) return;
  const stack = undoStack();
  stack.push({ handIn: page.handIn, id, before, version });
  sessionStorage.setItem("undo", JSON.stringify(stack.slice(-200)));
}

let undoing = false;

async function undo() {
  await saving.saved();
  const stack = undoStack();
  const last = stack.pop();
  if (!last) return tell("nothing");
  sessionStorage.setItem("undo", JSON.stringify(stack));
  if (last.handIn === page.handIn) {
    undoing = true;
    change(last.id, last.before);
    await saving.saved();
    undoing = false;
    select(byId.get(last.id));
    return tell("undone");
  }
  try {
    await ask("/api/mark", { hand_in: last.handIn, criterion: last.id, points: last.before.points,
                             note: last.before.note, uses: last.before.uses.map((use) => use.id),
                             seen: last.version, settles: [], why: saving.reason() });
    // To where it was undone, so that nothing changes unseen.
    sessionStorage.setItem("undone", last.id);
    location.href = `/h/${last.handIn}`;
  } catch (error) {
    tell("refused", { message: error.message });
  }
}

// ---------------------------------------------------------------- moving

function select(section) {
  if (!section) return;
  current?.classList.remove("current");
  current = section;
  section.classList.add("current");
  section.focus({ preventScroll: true });
  section.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const at = shown.indexOf(current);
  select(shown[Math.min(Math.max(at + by, 0), shown.length - 1)]);
}

async function go(href) {
  if (!href) return;
  document.activeElement?.blur();
  await saving.saved();
  location.href = href;
}

const noted = [...document.querySelectorAll(".lines .noted")];
let finding = -1;

function jump() {
  if (!noted.length) return;
  finding = (finding + 1) % noted.length;
  const line = noted[finding];
  line.closest("details").open = true;
  document.querySelector(".lines .here")?.classList.remove("here");
  line.classList.add("here");
  line.scrollIntoView({ block: "center" });
}

// ---------------------------------------------------------------- acts

function setLevel(number) {
  const level = current.querySelectorAll(".level")[number - 1];
  if (level) change(current.dataset.criterion, { points: level.dataset.points });
}

async function comment(section) {
  select(section);
  const id = section.dataset.criterion;
  const chosen = await chooseComment(words, page.lang);
  select(section);
  if (chosen === null) return;
  const uses = saving.content(id).uses.filter((use) => use.id !== chosen.id);
  change(id, { uses: [...uses, chosen] });
}

function write(section) {
  select(section);
  section.querySelector(".note-field").hidden = false;
  section.querySelector(".text").focus();
}

function takeBack(section) {
  const id = section.dataset.criterion;
  if (saving.content(id).points) change(id, { points: "" });
}

const help = document.getElementById("help");

const KEYS = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  ArrowRight: () => go(page.later),
  ArrowLeft: () => go(page.earlier),
  n: () => go(page.next),
  q: () => go(page.queue),
  o: () => go(page.criterion ? page.whole : `${page.whole}?criterion=${current.dataset.criterion}`),
  c: () => comment(current),
  t: () => write(current),
  w: () => write(byId.get("")),
  u: undo,
  f: jump,
  s: focusSearch,
  Delete: () => takeBack(current),
  Backspace: () => takeBack(current),
  PageDown: () => turn(shownPage() + 1),
  PageUp: () => turn(shownPage() - 1),
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  // An input method's keys write a word, whatever they are.
  if (composing(event) || modified(event)) return;
  if (event.target.closest("dialog[open]")) return;
  if (typing(event)) {
    const field = event.target;
    if (event.key === "Escape" || (event.key === "Enter" && field.matches(".value"))) {
      event.preventDefault();
      const section = field.closest(".criterion");
      field.blur();
      if (section) select(section);
    } else if (field.matches(".value") && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      field.blur();
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (field.matches(".value") && /^[a-z?]$/i.test(event.key)) {
      // No number has a letter, so it is a key.
      event.preventDefault();
      field.blur();
      KEYS[event.key.toLowerCase()]?.();
    }
    return;
  }
  // A button or link takes Enter and space itself; the other keys stay ours.
  const value = current?.querySelector(".value");
  if (/^[0-9]$/.test(event.key)) {
    event.preventDefault();
    if (!value) return setLevel(Number(event.key));
    value.focus();
    value.value = event.key;
    value.dispatchEvent(new Event("input", { bubbles: true }));
    return;
  }
  // Without a report these scroll, as ever.
  if (event.key.startsWith("Page") && !hasPages) return;
  const act = KEYS[event.key] || KEYS[event.key.toLowerCase()];
  if (act) {
    event.preventDefault();
    act();
  }
});

for (const section of sections) {
  const id = section.dataset.criterion;
  section.addEventListener("focusin", () => { if (current !== section) {
    current?.classList.remove("current");
    current = section;
    section.classList.add("current");
  } });
  section.querySelectorAll(".level").forEach((level) => level.addEventListener("click", () => {
    change(id, { points: level.dataset.points });
  }));
  section.querySelector(".comment").addEventListener("click", () => comment(section));
  section.querySelector(".write")?.addEventListener("click", () => write(section));
  section.querySelector(".back")?.addEventListener("click", () => takeBack(section));
  for (const [selector, key] of [[".value", "points"], [".text", "note"]]) {
    const field = section.querySelector(selector);
    if (!field) continue;
    let timer = 0;
    const save = () => {
      clearTimeout(timer);
      if (field.value.trim() !== saving.content(id)[key]) change(id, { [key]: field.value.trim() });
    };
    field.addEventListener("input", (event) => {
      clearTimeout(timer);
      if (!event.isComposing) timer = setTimeout(save, TYPING_MS);
    });
    field.addEventListener("compositionend", () => { timer = setTimeout(save, TYPING_MS); });
    field.addEventListener("change", save);
    field.addEventListener("blur", save);
  }
}

for (const id of ["earlier", "later", "next"]) {
  document.getElementById(id)?.addEventListener("click", (event) => {
    event.preventDefault();
    go(event.currentTarget.getAttribute("href"));
  });
}
document.getElementById("help-button").addEventListener("click", () => help.showModal());
document.getElementById("jump")?.addEventListener("click", jump);
document.getElementById("why").addEventListener("change", () => saving.release());

for (const form of document.querySelectorAll("form[data-check], #ask")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const data = { ...Object.fromEntries(new FormData(form)), hand_in: page.handIn };
    const check = form.dataset.check;
    try {
      await ask(check ? "/api/decide" : "/api/questions", check ? { ...data, check } : data);
      location.reload();
    } catch (error) {
      tell("refused", { message: error.message });
    }
  });
}

// Whoever has logged in again in another tab comes back to this one.
window.addEventListener("focus", () => {
  if (stateLine.className === "locked") saving.release();
});

window.addEventListener("beforeunload", (event) => {
  if (saving.pending) event.preventDefault();
});

[...byId.keys()].forEach(draw);
const undone = sessionStorage.getItem("undone");
sessionStorage.removeItem("undone");
const open = shown.find((section) => section.dataset.criterion && !section.classList.contains("given"));
select(byId.get(undone) || open || shown[0]);
if (undone !== null) tell("undone");
search(page.handIn, words);
logs(page.handIn, words);
main.dataset.ready = "yes";

// Forms that record something: sent as JSON, so that no form of another site can imitate them.
import { ask, put } from "./talk.js";

const said = document.getElementById("said");

function report(error) {
  said.hidden = false;
  said.textContent = error.message;
  said.scrollIntoView({ block: "nearest" });
}

function fields(form) {
  const data = Object.fromEntries(new FormData(form));
  for (const name of (form.dataset.numbers || "").split(" ").filter(Boolean)) {
    data[name] = Number(data[name]) || 0;
  }
  return data;
}

async function send(form, work) {
  const buttons = [...form.querySelectorAll("button")];
  buttons.forEach((button) => { button.disabled = true; });
  try {
    if (await work() !== false) location.reload();
  } catch (error) {
    report(error);
  }
  buttons.forEach((button) => { button.disabled = false; });
}

for (const form of document.querySelectorAll("form[data-post]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, async () => {
      await sendTemplates(form);
      return ask(form.dataset.post, fields(form));
    });
  });
}

// Files of the platform, which are filled: asked for where the chosen format takes one.
for (const field of document.querySelectorAll("[data-template-of]")) {
  const select = field.form.elements[field.dataset.templateOf];
  const remove = field.form.querySelector(`[data-remove-of=${select.name}]`);
  const show = () => {
    const chosen = select.selectedOptions[0];
    const takes = chosen.dataset.template !== undefined;
    field.closest("label").hidden = !takes;
    field.nextElementSibling.textContent = chosen.dataset.kept || "";
    remove.hidden = !takes || !chosen.dataset.kept;
    if (select.name === "format") field.form.elements.column.closest("label").hidden = !takes;
  };
  select.addEventListener("change", () => { field.value = ""; show(); });
  remove.addEventListener("click", async () => {
    const chosen = select.selectedOptions[0];
    try {
      await ask(`/api/template/${chosen.value}/remove`, {});
      delete chosen.dataset.kept;
      show();
      field.focus();
    } catch (error) {
      report(error);
    }
  });
  show();
}

async function sendTemplates(form) {
  for (const field of form.querySelectorAll("[data-template-of]")) {
    const format = form.elements[field.dataset.templateOf].value;
    const [file] = field.files;
    if (!file || !format) continue;
    await put(`/api/template/${format}?name=${encodeURIComponent(file.name)}`, file);
  }
}

for (const form of document.querySelectorAll("form[data-settle]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const why = document.getElementById("why").value;
    send(form, () => ask("/api/mark", { ...JSON.parse(form.dataset.settle), why }));
  });
}

for (const form of document.querySelectorAll("form[data-revise]")) {
  const moves = form.querySelector(".moves");
  let listed = [];
  const revise = async (confirmed) => {
    const answer = await ask(form.dataset.revise, { ...fields(form), confirmed });
    if (answer.done) return true;
    listed = answer.confirm;
    moves.hidden = false;
    moves.querySelector("p").textContent =
      moves.querySelector("p").dataset.text.replace("{n}", answer.moved.length);
    moves.querySelector("ul").replaceChildren(...answer.moved.map((move) => {
      const item = document.createElement("li");
      item.textContent = `${move.who}  ${move.criterion}  ${move.before || "–"} → ${move.after || "–"}`;
      return item;
    }));
    moves.querySelector(".confirm").focus();
    return false;
  };
  moves.querySelector("p").dataset.text = moves.querySelector("p").textContent;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, () => revise(null));
  });
  moves.querySelector(".confirm").addEventListener("click", () => send(form, () => revise(listed)));
  moves.querySelector(".cancel").addEventListener("click", () => { moves.hidden = true; });
}

// Talks to the desk: JSON both ways. Shared by the scripts of all pages.

export class Refused extends Error {
  constructor(status, body) {
    super(body.error || String(status));
    this.status = status;
    this.body = body;
  }
}

// What the desk answers; Refused where it refuses, TypeError where it cannot be reached.
export async function ask(path, data) {
  const options = data === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(data),
  };
  return answerOf(await fetch(path, options));
}

// Send a file as it is.
export async function put(path, file) {
  const headers = { "Content-Type": "application/octet-stream" };
  return answerOf(await fetch(path, { method: "POST", headers, body: file }));
}

async function answerOf(answer) {
  let body = {};
  try {
    body = await answer.json();
  } catch {
    // An error of a proxy has no JSON.
  }
  if (!answer.ok) throw new Refused(answer.status, body);
  return body;
}

// Whether a key is for an input method, which is writing a word: never one of ours.
export function composing(event) {
  return event.isComposing || event.keyCode === 229;
}

// Whether a key is for a field.
export function typing(event) {
  return event.target.closest("input, textarea, select, dialog[open]") !== null;
}

// Whether a key is the browser's or the system's.
export function modified(event) {
  return event.ctrlKey || event.metaKey || event.altKey;
}

// Saves what was changed, at once and in order; tries again where the desk cannot be reached.
import { ask, Refused } from "./talk.js";

const RETRY_MS = 1500;

export class Saving {
  // `states`: what the desk has, by criterion; `tell` is called with what happens.
  constructor(handIn, states, tell) {
    this.handIn = handIn;
    this.states = states;
    this.tell = tell;
    this.wanted = new Map(); // criterion -> content that is not confirmed yet
    this.held = new Set(); // criteria that wait for a person: a conflict, or a reason
    this.conflicted = new Set(); // those of them where somebody else was quicker
    this.running = false;
    this.idle = [];
  }

  // What is shown: what is wanted, or what the desk has.
  content(id) {
    return this.wanted.get(id) || contentOf(this.states[id]);
  }

  change(id, part) {
    this.wanted.set(id, { ...this.content(id), ...part });
    this.held.delete(id);
    this.run();
  }

  give_up(id) {
    this.wanted.delete(id);
    this.held.delete(id);
    this.settle();
  }

  // Try what was held again, with what the desk has now.
  release() {
    this.held.clear();
    this.run();
  }

  get pending() {
    return this.wanted.size > 0;
  }

  // Resolves when nothing is left to save.
  saved() {
    return this.pending ? new Promise((done) => this.idle.push(done)) : Promise.resolve();
  }

  settle() {
    if (!this.pending) this.idle.splice(0).forEach((done) => done());
  }

  async run() {
    if (this.running) return;
    this.running = true;
    for (;;) {
      const id = [...this.wanted.keys()].find((one) => !this.held.has(one));
      if (id === undefined) break;
      this.tell("saving");
      try {
        await this.save(id);
      } catch (error) {
        if (!(error instanceof Refused) || error.status >= 500) {
          this.tell("offline");
          await new Promise((done) => setTimeout(done, RETRY_MS));
        } else {
          this.refuse(id, error);
        }
      }
    }
    this.running = false;
    this.settle();
  }

  async save(id) {
    const content = this.wanted.get(id);
    const before = this.states[id];
    const answer = await ask("/api/mark", {
      hand_in: this.handIn,
      criterion: id,
      points: content.points,
      note: content.note,
      uses: content.uses.map((use) => use.id),
      seen: before.version,
      settles: before.disputes.map((dispute) => dispute.uid),
      why: this.reason ? this.reason() : "",
    });
    this.take(answer);
    // Changed again while it was on its way: that is saved next.
    if (this.wanted.get(id) === content) this.wanted.delete(id);
    this.tell("saved", { id, before: contentOf(before), version: this.states[id].version });
  }

  take(answer) {
    for (const [id, state] of Object.entries(answer.criteria)) this.states[id] = state;
    this.total = answer.total;
    this.published = answer.published;
  }

  refuse(id, error) {
    if (error.body.criteria) this.take(error.body);
    const waits = { 401: "locked", 409: "conflict", 423: "reason" }[error.status];
    if (waits) {
      this.held.add(id);
      this.tell(waits, { id, message: error.message });
    } else {
      this.wanted.delete(id);
      this.tell("refused", { id, message: error.message });
    }
  }
}

function contentOf(state) {
  return { points: state.base, note: state.note, uses: state.uses };
}

// What this browser keeps for one person, until the server has it: a crash or a closed tab loses nothing.

/** One thing under each name, so that two windows never overwrite each other's. Values are JSON. */
export class Store {
  #prefix;
  #memory = new Map();

  constructor(person) {
    this.#prefix = `perg.label.${person}.`;
  }

  /** Whether all of it would outlive the page; not where the browser keeps nothing for us, or is full. */
  get isLasting() {
    return this.#memory.size === 0;
  }

  set(name, value) {
    const text = JSON.stringify(value);
    try {
      localStorage.setItem(this.#prefix + name, text);
      this.#memory.delete(name);
    } catch {
      this.#memory.set(name, text);
    }
  }

  get(name) {
    try {
      return JSON.parse(this.#memory.get(name) ?? localStorage.getItem(this.#prefix + name));
    } catch {
      return null; // Written by an older version, or by hand.
    }
  }

  remove(name) {
    this.#memory.delete(name);
    try {
      localStorage.removeItem(this.#prefix + name);
    } catch {
      // A browser that keeps nothing has nothing to remove.
    }
  }

  /** Names that start so, in order. */
  names(start) {
    const names = new Set([...this.#memory.keys()].filter((name) => name.startsWith(start)));
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(this.#prefix + start)) names.add(key.slice(this.#prefix.length));
      }
    } catch {
      // As above.
    }
    return [...names].sort();
  }

  /** Call `changed(name)` when another window of this person writes or removes something. */
  watch(changed) {
    addEventListener("storage", ({ key }) => {
      if (key === null || key.startsWith(this.#prefix)) changed(key?.slice(this.#prefix.length) ?? "");
    });
  }
}

/** A random UUID; `crypto.randomUUID` exists only where the page came by HTTPS or from this machine. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** One server-sent event; `id` is the last one that the stream has named. */
export interface SseEvent {
  readonly id: string | null;
  readonly type: string;
  readonly data: string;
}

/** Takes server-sent events apart as the bytes come in (WHATWG HTML §9.2, LF line ends and the CRLF of proxies). */
export class SseParser {
  #rest = "";
  #type = "";
  #data: string[] = [];
  /** Of the last complete event, or of a comment block that carried one. */
  lastId: string | null = null;
  #nextId: string | null = null;
  readonly #decoder = new TextDecoder();

  push(chunk: Uint8Array): SseEvent[] {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    const events: SseEvent[] = [];
    for (const line of lines) {
      const event = this.#line(line.endsWith("\r") ? line.slice(0, -1) : line);
      if (event !== null) events.push(event);
    }
    return events;
  }

  #line(line: string): SseEvent | null {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") this.#nextId = value;
    else if (field === "event") this.#type = value;
    else if (field === "data") this.#data.push(value);
    return null;
  }

  #dispatch(): SseEvent | null {
    if (this.#nextId !== null) this.lastId = this.#nextId;
    const type = this.#type === "" ? "message" : this.#type;
    const data = this.#data;
    this.#type = "";
    this.#data = [];
    return data.length === 0 ? null : { id: this.lastId, type, data: data.join("\n") };
  }
}

/** How the text of an error stands in a trace: as the BSON text `msg`, with its length and a final zero. */
const MESSAGE_NAME = Buffer.from("\x02msg\0", "latin1");
const LENGTH_BYTES = 4;
const TEXT_CHARS_MAX = 500;

/** What a binary error trace of Octez says: its messages, or whatever of it can be printed where it has none. Cut, since it comes from outside. */
export function errorTraceText(trace: Uint8Array): string {
  const bytes = Buffer.from(trace.buffer, trace.byteOffset, trace.byteLength);
  const messages = messagesIn(bytes);
  const text = messages.length > 0 ? messages.join("; ") : bytes.toString("latin1");
  return text
    .replace(/[^ -~]+/g, " ")
    .trim()
    .slice(0, TEXT_CHARS_MAX);
}

function messagesIn(bytes: Buffer): readonly string[] {
  const messages: string[] = [];
  let at = bytes.indexOf(MESSAGE_NAME);
  while (at >= 0) {
    const start = at + MESSAGE_NAME.length + LENGTH_BYTES;
    if (start > bytes.length) break;
    const end = start + bytes.readInt32LE(start - LENGTH_BYTES) - 1;
    if (end < start || end > bytes.length) break;
    messages.push(bytes.toString("utf8", start, end));
    at = bytes.indexOf(MESSAGE_NAME, end);
  }
  return messages;
}

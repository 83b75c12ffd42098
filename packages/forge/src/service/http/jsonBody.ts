import { ServiceRefusal } from "../serviceRefusal.js";

/** What a body of JSON text says. @param wanted what to send @throws ServiceRefusal when it is none */
export function jsonBody(body: unknown, wanted: string): unknown {
  try {
    return JSON.parse(typeof body === "string" ? body : "") as unknown;
  } catch {
    throw new ServiceRefusal("badJson", `the body is not valid JSON: send ${wanted}`);
  }
}

import { describe, expect, it } from "vitest";
import { answeredFailure } from "../signers/remote/answeredFailure.js";
import { ServiceRefusal } from "./serviceRefusal.js";
import { withAdvice } from "./whatToDo.js";

describe("what to do about a failure", () => {
  it.each([
    "queueFull",
    "tooManyWaiting",
    "signerUnavailable",
    "signerTimeout",
    "storeTimeout",
    "expired",
    "cancelled",
    "aborted",
    "notLeaseHolder",
    "forgeUnavailable",
  ] as const)("[FS17] is no word by which a service in front of this one would take `%s` for final", (reason) => {
    const { code, message, retryable } = new ServiceRefusal(reason, withAdvice(reason, "it happened"));
    expect(message).toMatch(/^it happened: ./);
    expect(answeredFailure(`${code}: ${message}`, false)).toMatchObject({ code: "signerFailed", retryable });
    expect(retryable).toBe(true);
  });
});

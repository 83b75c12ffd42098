import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { AWAY_MS, Presence } from "./presence.js";

describe("Presence", () => {
  it("goes on while the node beats, and begins anew when it slept", () => {
    const clock = new ManualClock();
    const presence = new Presence({ clock });
    const startMs = clock.nowMs();
    for (let beat = 0; beat < 20; beat++) {
      clock.advance(1_000);
      presence.noteHere();
    }
    expect(presence.sinceMs).toBe(startMs);
    clock.advance(AWAY_MS + 1);
    presence.noteHere();
    expect(presence.sinceMs).toBe(clock.nowMs());
  });
});

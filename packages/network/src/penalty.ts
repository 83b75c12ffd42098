/**
 * How bad it was, in four steps: callers map each of their rejections to one of these in an exhaustive table.
 * `none`: late, unknown, duplicate: happens among honest peers. `slight`: wasteful. `serious`: an honest node does not
 * send this, but a bug might. `ban`: forged or malformed on purpose.
 */
export type Penalty = "none" | "slight" | "serious" | "ban";

/** Of a peer against which nothing is held. */
export const SCORE_MAX = 100;

/** Points taken off a score of at most `SCORE_MAX`. */
export const PENALTY_POINTS = { none: 0, slight: 2, serious: 25, ban: SCORE_MAX } as const satisfies Record<
  Penalty,
  number
>;

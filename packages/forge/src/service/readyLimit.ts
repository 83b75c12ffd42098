/** Readiness is told within this time whatever hangs: below the second that those who ask for it usually wait. */
export const READY_MS_MAX = 800;

/** Is told of every check of a rule, and may throw where one does not hold. */
export type AuditCheck = (rule: "I10" | "I11", holds: boolean, describe: () => string) => void;

import { createServer } from "node:net";

const HOST = "127.0.0.1";

export interface ChosenPort {
  readonly port: number;
  /** What was wished for and was taken; null when the wish came true or was 0. */
  readonly insteadOf: number | null;
}

/** One port for each wish: the wished one while it is free, else any free one; 0 wishes for any. */
export async function choosePorts(wishes: readonly number[]): Promise<ChosenPort[]> {
  // All are held until all are found, so that none is given twice.
  const held: { close: () => Promise<void> }[] = [];
  try {
    const chosen: ChosenPort[] = [];
    for (const wish of wishes) {
      const wished = await hold(wish);
      const got = wished ?? (await hold(0));
      if (got === null) throw new Error("no free port on the loopback interface");
      held.push(got);
      chosen.push({ port: got.port, insteadOf: wished === null ? wish : null });
    }
    return chosen;
  } finally {
    await Promise.all(held.map((one) => one.close()));
  }
}

function hold(port: number): Promise<{ readonly port: number; close: () => Promise<void> } | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(null));
    server.listen({ host: HOST, port, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === "object" && address !== null ? address.port : 0;
      resolve({ port: bound, close: () => new Promise((closed) => server.close(() => closed())) });
    });
  });
}

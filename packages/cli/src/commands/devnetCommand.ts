import type { Command } from "commander";
import { createDevnet } from "@sealwright/devnet";
import { nodeCommand } from "../nodeCommand.js";
import { onStopSignal } from "../signals.js";
import { EXIT, type ExitCode } from "../exitCodes.js";
export function addDevnetCommand(program: Command, setExit: (code: ExitCode) => void): void {
  program
    .command("devnet")
    .option("--data-dir <dir>", "", ".sealwright/devnet")
    .action(async (o: { dataDir: string }) => {
      const net = await createDevnet({
        dataDir: o.dataDir,
        nodeCommand: nodeCommand(),
        onEvent: (e) => console.log(JSON.stringify(e)),
      });
      console.log(net.startToFirstFinalMs, net.endpoints);
      await new Promise<void>((r) => onStopSignal(() => r()));
      await net.stop();
      setExit(EXIT.ok);
    });
}

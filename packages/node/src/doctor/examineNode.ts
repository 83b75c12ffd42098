import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type NetworkJson, SealwrightClient } from "@sealwright/api";
import type { Clock } from "@sealwright/types";
import { describeConfigError } from "../config/describeConfigError.js";
import type { NodeConfig } from "../config/nodeConfig.js";
import { type Environment, parseNodeConfig } from "../config/parseNodeConfig.js";
import { formatSocketAddress } from "../config/socketAddress.js";
import { type Identity, loadIdentity } from "../identity.js";
import { askSigner } from "../openSigner.js";
import { keysFlaw, peersFlaw, peersMissing } from "../placeInNetwork.js";
import { SOFTWARE_VERSION } from "../version.js";
import { examineClock } from "./examineClock.js";
import { examineDataDir } from "./examineDataDir.js";
import { examineDisk } from "./examineDisk.js";
import { examineMachine } from "./examineMachine.js";
import { examinePeers, examinePorts } from "./examinePorts.js";
import { type DoctorReport, type Finding, fine, finding, healthOf } from "./finding.js";

/** Which keeper is looked at. */
export interface ExamineOptions {
  /** Absolute path of a node.yaml. */
  readonly configPath: string;
  readonly environment: Environment;
  /** APIs of other nodes, to compare clocks with. */
  readonly otherUrls: readonly string[];
}

const ANSWER_MS_MAX = 3_000;

/**
 * Looks at everything that a keeper needs, running or not, and changes nothing. Never throws for what it finds: what
 * cannot be looked at is a finding too.
 */
export async function examineNode(options: ExamineOptions, clock: Clock): Promise<DoctorReport> {
  const findings = [...(await examineMachine()), ...(await examineConfigured(options, clock))];
  return { sealwright: "doctor", version: 1, software: SOFTWARE_VERSION, health: healthOf(findings), findings };
}

async function examineConfigured(options: ExamineOptions, clock: Clock): Promise<readonly Finding[]> {
  const { configPath, environment, otherUrls } = options;
  const others = otherUrls.map((baseUrl) => new SealwrightClient({ baseUrl }, { clock }));
  try {
    const config = await readConfig(configPath, environment);
    if ("level" in config) return [config, await examineClock(others, null, clock)];
    const identity = await loadIdentity(config);
    const about = identity.ok ? identity.value : null;
    const running = about === null ? null : await runningNode(about.self, config, clock);
    const isRunning = running !== null;
    const owner = about === null ? null : { networkId: about.networkId, keeperId: about.self };
    return [
      fine("config", `${configPath} can be used`),
      identity.ok ? keysFinding(config, identity.value) : finding("keys", "fail", identity.error.message, KEYS_ADVICE),
      ...(await examineSigner(config, about, clock)),
      fine("node", isRunning ? "it runs, and answers" : "it does not run"),
      await examineDataDir(config.dataDir, owner),
      ...(await examineDisk(config.dataDir)),
      ...(await examinePorts(config, isRunning)),
      ...(identity.ok ? [peersFinding(config, identity.value)] : []),
      await examinePeers(config, about?.keepers.quorum ?? null),
      await examineClock(others, running?.clockSkewMs ?? null, clock),
    ];
  } finally {
    for (const client of others) client.close();
  }
}

async function examineSigner(
  { signer }: NodeConfig,
  about: Identity | null,
  clock: Clock,
): Promise<readonly Finding[]> {
  if (signer === null || about === null) return [];
  const asked = await askSigner(signer, about.blsPublicKey, { clock });
  if (asked.ok) return [fine("signer", "the signing service would sign with this keeper's key")];
  return [finding("signer", "warn", asked.error, "start the signing service; the keeper votes once it answers")];
}

const KEYS_ADVICE = "correct 'genesis' and 'keys' in the configuration, or the files that they name";

function keysFinding(config: NodeConfig, identity: Identity): Finding {
  const name = "keys";
  const flaw = keysFlaw(config, identity);
  if (flaw !== null) return finding(name, "fail", flaw.message, KEYS_ADVICE);
  return fine(name, `keeper ${identity.self} of network ${identity.networkId}`);
}

function peersFinding(config: NodeConfig, identity: Identity): Finding {
  const name = "peers.known";
  const flaw = peersFlaw(config, identity);
  if (flaw !== null) return finding(name, "fail", flaw.message, "correct 'peers' in the configuration");
  const missing = peersMissing(config, identity);
  if (missing.length === 0) return fine(name, "every other keeper stands in 'peers'");
  const found = `'peers' names no address of ${missing.length} other keepers: ${missing.join(", ")}`;
  return finding(name, "warn", found, "add them to 'peers': until then only they can connect to this keeper");
}

async function readConfig(path: string, environment: Environment): Promise<NodeConfig | Finding> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    return finding(
      "config",
      "fail",
      code === "ENOENT"
        ? `there is no file ${path}`
        : `${path} cannot be read (${code === "EACCES" ? "this user may not" : code})`,
      "name it with --config, or make one: sealwright init",
    );
  }
  const config = parseNodeConfig(text, dirname(path), environment);
  if (config.ok) return config.value;
  return finding("config", "fail", `${path}: ${describeConfigError(config.error)}`, "correct it");
}

/** Null where the keeper does not answer at its address. */
async function runningNode(keeperId: string, { listen }: NodeConfig, clock: Clock): Promise<NetworkJson | null> {
  const client = new SealwrightClient({ baseUrl: `http://${formatSocketAddress(listen.api)}` }, { clock });
  try {
    const network = await client.network({ signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    return network.keeperId === keeperId ? network : null;
  } catch {
    return null;
  } finally {
    client.close();
  }
}

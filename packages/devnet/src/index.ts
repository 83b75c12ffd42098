export { DevnetError, type DevnetErrorCode } from "./devnetError.js";
export { createDevnet, Devnet, DEVNET_DEFAULTS, type DevnetEvent, type DevnetOptions } from "./network/devnet.js";

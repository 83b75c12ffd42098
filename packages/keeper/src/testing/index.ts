export { KeeperWorld, type KeeperWorldOptions } from "./keeperWorld.js";

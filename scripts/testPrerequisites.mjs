/**
 * What tests need beyond npm, brought by the test command itself: a fresh machine must pass without a hidden step.
 */
import { spawnSync } from "node:child_process";

/**
 * @typedef {object} Prerequisite
 * @property {string} name
 * @property {() => boolean} isThere cheap, and true as soon as the tests can use it
 * @property {() => void} bring installs it; may throw
 */

/**
 * One entry per thing, in the order to bring them. For a Debian package that brings a program:
 * `debianProgram("chromium", "chromium")`.
 * @type {readonly Prerequisite[]}
 */
const PREREQUISITES = [debianProgram("chromium", "chromium")];

/**
 * Brings what is missing.
 * @param {(title: string) => void} section prints a heading, only when there is something to bring
 * @returns {{ passed: number, failed: number } | undefined} one test for each missing thing; undefined when none was
 */
export function bringPrerequisites(section) {
  const missing = PREREQUISITES.filter((each) => !each.isThere());
  if (missing.length === 0) return undefined;
  section("prerequisites");
  const failed = missing.filter((each) => !broughtWell(each)).length;
  return { passed: missing.length - failed, failed };
}

/**
 * @param {string} program that the tests start
 * @param {string} debianPackage that holds it
 * @returns {Prerequisite}
 */
export function debianProgram(program, debianPackage) {
  return {
    name: `${program} (Debian package ${debianPackage})`,
    isThere: () => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0,
    bring: () => {
      run("apt-get", ["update"]);
      run("apt-get", ["install", "--yes", "--no-install-recommends", debianPackage]);
    },
  };
}

/** @param {Prerequisite} prerequisite */
function broughtWell(prerequisite) {
  console.log(`bringing ${prerequisite.name}`);
  try {
    prerequisite.bring();
  } catch (error) {
    console.log(error instanceof Error ? error.message : error);
  }
  const there = prerequisite.isThere();
  if (!there) console.log(`${prerequisite.name} is missing: install it by hand, then run the tests again.`);
  return there;
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed with ${status}`);
}

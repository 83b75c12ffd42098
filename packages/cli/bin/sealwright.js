#!/usr/bin/env node
// Here, for an older Node could not even read the rest.
if (Number(process.versions.node.split(".")[0]) < 20) {
  process.stderr.write(
    `error: sealwright needs Node 20 or newer, and this is ${process.version}\n  see https://nodejs.org\n`,
  );
  process.exitCode = 3;
} else {
  await import("../bundle/main.js");
}

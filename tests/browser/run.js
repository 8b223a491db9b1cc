// Runs the tests and writes the JUnit report that the ledger of requirements reads. A word as argument picks the files
// whose names hold it.
import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { end } from './rig/family.js';

/** Milliseconds that the whole run may take. What waits within a test has a limit of its own, and says what it is. */
const LONGEST = 40 * 60_000;

const here = dirname(fileURLToPath(import.meta.url));
const report = join(here, 'junit.xml');
rmSync(report, { force: true });
const wanted = process.argv[2] ?? '';
const files = readdirSync(here)
  .filter((name) => name.endsWith('.test.js') && name.includes(wanted))
  .map((name) => join(here, name));
if (!process.env.HOSTLER_BIN) {
  console.error('run.js: set HOSTLER_BIN to the engine under test');
  process.exit(2);
}
const run = spawn(process.execPath, [
  '--test', '--test-concurrency=1',
  '--test-reporter=spec', '--test-reporter-destination=stdout',
  '--test-reporter=junit', `--test-reporter-destination=${report}`,
  ...files,
], { stdio: 'inherit', detached: true });

/** Ends the run with everything that it started: browsers make process groups of their own. @param {string} why */
async function stop(why) {
  console.error(`run.js: ${why}`);
  if (run.pid !== undefined) {
    await end(run.pid);
  }
  process.exit(1);
}
const deadline = setTimeout(() => stop(`the tests took longer than ${LONGEST / 60_000} minutes`), LONGEST);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => stop(`ended by ${signal}`));
}
run.once('error', (error) => stop(String(error)));
run.once('exit', (code) => {
  clearTimeout(deadline);
  process.exitCode = code ?? 1;
});

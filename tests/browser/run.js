// Runs the tests and writes the JUnit report that the ledger of requirements reads. A word as argument picks the files
// whose names hold it.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Milliseconds that one test may take; a hanging one would say nothing about the others. */
const LONGEST = 180_000;

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
const run = spawnSync(process.execPath, [
  '--test', '--test-concurrency=1', `--test-timeout=${LONGEST}`,
  '--test-reporter=spec', '--test-reporter-destination=stdout',
  '--test-reporter=junit', `--test-reporter-destination=${report}`,
  ...files,
], { stdio: 'inherit' });
process.exit(run.status ?? 1);

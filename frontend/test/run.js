// Runs the tests and writes the JUnit report that the ledger of requirements reads.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const report = join(here, '..', '..', 'tests', 'frontend', 'junit.xml');
mkdirSync(dirname(report), { recursive: true });
const files = readdirSync(here).filter((name) => name.endsWith('.test.js')).map((name) => join(here, name));
const run = spawnSync(process.execPath, [
  '--test',
  '--test-reporter=spec', '--test-reporter-destination=stdout',
  '--test-reporter=junit', `--test-reporter-destination=${report}`,
  ...files,
], { stdio: 'inherit' });
process.exit(run.status ?? 1);

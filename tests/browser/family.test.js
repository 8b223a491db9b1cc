import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { end, family } from './rig/family.js';
import { until } from './rig/processes.js';

test('a run that is ended leaves nothing behind: neither what made a group of its own nor what does not listen', async () => {
  const deaf = 'trap "" TERM; sleep 600 & wait; wait';
  const script = `setsid sh -c 'sleep 600 & wait' & sh -c '${deaf}' & wait`;
  const root = spawn('sh', ['-c', script], { stdio: 'ignore', detached: true });
  const id = /** @type {number} */ (root.pid);
  const all = await until(() => {
    const found = family(id);
    return found.length >= 5 && found;
  }, 'all of them run');
  await end(id, 1000);
  await until(() => all.every((one) => !family(one.id).some((left) => left.begun === one.begun)), 'none of them runs');
  assert.deepEqual(family(id), []);
});

// Processes by descent: what a program started, and what that started, whatever groups they made for themselves.
import { readFileSync, readdirSync } from 'node:fs';
import { rest } from './processes.js';

/** How long whoever was asked to end may take. */
const PATIENCE = 20_000;

/**
 * A process: its id, its parent's, and when it began. An id is used again, a beginning is not.
 * @typedef {{id: number, parent: number, begun: string}} Process
 */

/** @param {number | string} id @returns {Process | undefined} nothing where it has ended */
function look(id) {
  try {
    const text = readFileSync(`/proc/${id}/stat`, 'utf8');
    // The name stands in brackets and may hold anything, brackets too.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : { id: Number(id), parent: Number(fields[1]), begun: fields[19] };
  } catch {
    return undefined;
  }
}

/** @param {Process} one */
const alive = (one) => look(one.id)?.begun === one.begun;

/** @param {Process} one @param {NodeJS.Signals} signal */
function tell(one, signal) {
  try {
    if (alive(one)) {
      process.kill(one.id, signal);
    }
  } catch {
    // It ended just now, which is what was wanted.
  }
}

/** A process and its descendants as they are now. @param {number} root @returns {Process[]} */
export function family(root) {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(look).filter((one) => one !== undefined);
  const found = all.filter((one) => one.id === root);
  for (const member of found) {
    found.push(...all.filter((one) => one.parent === member.id));
  }
  return found;
}

/**
 * Ends a process and everything that it started: asked first, and then made to.
 * @param {number} root
 * @param {number} patience in milliseconds
 */
export async function end(root, patience = PATIENCE) {
  /** @type {Map<string, Process>} Whoever was seen once stays known, also when its parent has ended before it. */
  const known = new Map();
  const meet = () => family(root).forEach((one) => known.set(`${one.id} ${one.begun}`, one));
  meet();
  known.forEach((one) => { tell(one, 'SIGCONT'); });
  known.forEach((one) => { tell(one, 'SIGTERM'); });
  const deadline = performance.now() + patience;
  while ([...known.values()].some(alive) && performance.now() < deadline) {
    await rest(50);
    meet();
  }
  known.forEach((one) => { tell(one, 'SIGKILL'); });
}

// Programs that a test starts, and that are ended with it: exactly those, by what was started and never by name.
import { spawn } from 'node:child_process';
import { keep } from './keep.js';

/** How long a program may take to begin, or to end when it is asked to. */
const PATIENCE = 30_000;

/**
 * Waits until something holds.
 * @template T
 * @param {() => T | Promise<T>} holds what is asked again and again; its first true value is the answer
 * @param {string} what for the message when it never does
 * @param {number} patience in milliseconds
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(holds, what, patience = PATIENCE) {
  const end = Date.now() + patience;
  let last;
  do {
    try {
      const value = await holds();
      if (value) {
        return /** @type {NonNullable<T>} */ (value);
      }
      last = undefined;
    } catch (error) {
      last = error;
    }
    await rest(50);
  } while (Date.now() < end);
  throw new Error(`never within ${patience} ms: ${what}`, { cause: last });
}

/** @param {number} milliseconds */
export const rest = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Starts a program.
 * @param {string} program
 * @param {string[]} words
 * @param {Record<string, string>} more of its environment
 */
export function start(program, words, more = {}) {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...more } });
  let said = '';
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { said += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
    keep(`engine-${child.pid}.log`, text);
  });
  let gone = false;
  const ended = new Promise((resolve) => {
    child.once('close', (code) => { gone = true; resolve(code); });
    child.once('error', (error) => { gone = true; log += String(error); resolve(-1); });
  });
  return {
    /** What it printed so far. */
    said: () => said,
    /** What it logged so far, for the message of a failure. */
    log: () => log,
    gone: () => gone,
    ended,
    /** @param {NodeJS.Signals} signal */
    signal: (signal) => child.kill(signal),
    async stop() {
      if (gone) {
        return;
      }
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      const killing = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
      await ended;
      clearTimeout(killing);
    },
  };
}

/**
 * Runs a program to its end.
 * @param {string} program
 * @param {string[]} words
 * @returns {Promise<string>} what it printed
 */
export async function run(program, words) {
  const running = start(program, words);
  const killing = setTimeout(() => running.signal('SIGKILL'), PATIENCE);
  const code = await running.ended;
  clearTimeout(killing);
  if (code !== 0) {
    throw new Error(`${words.join(' ')} ended with ${code}: ${running.said()}${running.log()}`);
  }
  return running.said();
}

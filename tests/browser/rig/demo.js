// The demo as anybody starts it: `hostler demo` on a free port, everything in a temporary folder of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engine } from './house.js';
import { start, until } from './processes.js';

/** @returns {Promise<{url: string, close: () => Promise<void>, log: () => string}>} */
export async function openDemo() {
  const folder = await mkdtemp(join(tmpdir(), 'hostler-demo-'));
  const running = start(engine(), ['demo', '--port', '0'], { TMPDIR: folder });
  const close = async () => {
    await running.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const url = await until(() => {
      if (running.gone()) {
        throw new Error('the demo ended');
      }
      return /The shop:\s+(http:\S+)/.exec(running.said())?.[1];
    }, 'the demo says where it is', 60_000);
    return { url, close, log: running.log };
  } catch (error) {
    await close();
    throw new Error(`the demo does not start: ${running.log().slice(-3000)}`, { cause: error });
  }
}

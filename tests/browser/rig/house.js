// The whole house for tests: a simulated panel, the engine, and a shop of the tests' own in which every visitor, theme
// and outage can be had. The demo's shop (demo.js) has one visitor and one look.
import { createServer } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Bridge } from './bridge.js';
import { run, start, until } from './processes.js';
import { Shop } from './shop.js';

/** The billing system's record of the panel. */
const SERVER = 1;
/** The simulator's token with all scopes. */
const TOKEN = 'sim-full-token';
/** A template of the simulated panel. */
const IMAGE = '49';

/** The engine under test. */
export function engine() {
  const program = process.env.HOSTLER_BIN;
  if (!program) {
    throw new Error('HOSTLER_BIN names no engine');
  }
  return program;
}

/** A port of loopback that nobody listens on now. @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
      probe.close(() => resolve(port));
    });
  });
}

export class House {
  /** Opens a house; {@link House.close} ends everything in it. */
  static async open() {
    const house = new House();
    try {
      await house.#build();
      return house;
    } catch (error) {
      const logs = `${house.serving?.log() ?? ''}${house.panel?.log() ?? ''}`;
      await house.close();
      throw new Error(`the house does not stand: ${logs.slice(-4000)}`, { cause: error });
    }
  }

  async #build() {
    this.folder = await mkdtemp(join(tmpdir(), 'hostler-browser-'));
    const authority = join(this.folder, 'ca.pem');
    this.panel = start(engine(), [
      'sim', 'virtfusion', '--listen', '127.0.0.1:0', '--control', '127.0.0.1:0', '--ca-out', authority,
      '--profile', 'v7', '--build-seconds', '1', '--seed', '7',
    ]);
    const where = await until(() => JSON.parse(this.panel.said().split('\n')[0]), 'the panel listens');
    this.control = where.control;
    this.port = await freePort();
    this.settings = join(this.folder, 'hostler.toml');
    await writeFile(this.settings, [
      '[database]',
      `url = "sqlite:${join(this.folder, 'hostler.db')}"`,
      `key_file = "${join(this.folder, 'key')}"`,
      '[bridge]',
      `socket = "${join(this.folder, 'bridge.sock')}"`,
      `listen = "127.0.0.1:${this.port}"`,
      // What was put into the store is what is shown: nothing is read in the background that would take its place.
      '[engine]',
      'sweep = false',
      '[operator]',
      'listen = "off"',
      '[control]',
      `socket = "${join(this.folder, 'control.sock')}"`,
      '',
    ].join('\n'));
    await this.begin();
    const { key } = JSON.parse(await this.say('installation', 'add', 'main', '--json'));
    const token = join(this.folder, 'token');
    await writeFile(token, TOKEN, { mode: 0o600 });
    const proposed = JSON.parse(await this.say(
      'platform', 'propose', '--endpoint', where.panel, '--token-file', token,
      '--installation', 'main', '--server', String(SERVER), '--json',
    ));
    await this.say('platform', 'approve', proposed.id, '--ca-file', authority, '--rate', '6000', '--burst', '200', '--concurrency', '20');
    await this.say('platform', 'test', proposed.id, '--write', '--domain', 'staging.example.test', '--group', '1', '--package', '1', '--image', IMAGE);
    this.platform = proposed.id;
    const bridge = new Bridge({ base: `http://127.0.0.1:${this.port}`, installation: 'main', key });
    this.shop = await Shop.open(bridge, { server: SERVER, image: IMAGE });
  }

  /** Starts the engine. */
  async begin() {
    this.serving = start(engine(), ['serve', '--config', this.settings]);
    await until(async () => {
      // Unsigned, so refused; but answered.
      const answer = await fetch(`http://127.0.0.1:${this.port}/bridge/v1/effects?protocol=1&limit=1`, { signal: AbortSignal.timeout(2000) });
      return answer.status === 401;
    }, 'the engine answers');
  }

  /** The engine is not there for as long as something is done. @param {() => Promise<void>} meanwhile */
  async without(meanwhile) {
    await this.serving.stop();
    try {
      await meanwhile();
    } finally {
      await this.begin();
    }
  }

  /**
   * Puts readings of a service's machine into the store: a year of traffic is not to be waited for. The store has one
   * owner at a time, so the engine stops for it.
   * @param {number} service
   * @param {{kind: string, [field: string]: unknown}[]} readings as `domain::observed` writes them
   * @param {{machine?: object, hostname?: string, age?: number, names?: Record<string, object>}} [more] fields of the machine
   *   that are written over, the service's hostname, how old everything is in seconds, and what was seen of the names of
   *   its addresses
   */
  async plant(service, readings, { machine = {}, hostname, age = 0, names = {} } = {}) {
    const program = fileURLToPath(new URL('plant.py', import.meta.url));
    const order = JSON.stringify({ service, readings, machine, names, hostname: hostname ?? null, at: (Date.now() - age * 1000) * 1000 });
    await this.without(async () => { await run('python3', [program, join(this.folder, 'hostler.db'), order]); });
  }

  /**
   * Puts a name server to use that never answers: of names is shown what was put into the store.
   */
  async nameServer() {
    const key = join(this.folder, 'name-server-key');
    await writeFile(key, 'a-key-of-the-tests', { mode: 0o600 });
    const proposed = JSON.parse(await this.say(
      'platform', 'propose', '--kind', 'powerdns', '--endpoint', `http://127.0.0.1:${await freePort()}`, '--token-file', key, '--json',
    ));
    await this.say('platform', 'approve', proposed.id);
  }

  /** The command line. @param {...string} words */
  say(...words) {
    return run(engine(), [...words, '--config', this.settings]);
  }

  /**
   * The simulated panel's control endpoint.
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   */
  async sim(method, path, body) {
    const answer = await fetch(`${this.control}/_sim${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    const value = await answer.json();
    if (!answer.ok) {
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(value)}`);
    }
    return value;
  }

  /** The panel answers nothing for as long as something is done. @param {() => Promise<void>} meanwhile */
  async withoutPanel(meanwhile) {
    await this.sim('POST', '/outage', { outage: 'refused', seconds: 600 });
    try {
      await meanwhile();
    } finally {
      await this.sim('DELETE', '/outage');
    }
  }

  async close() {
    await this.shop?.close();
    await this.serving?.stop();
    await this.panel?.stop();
    if (this.folder) {
      await rm(this.folder, { recursive: true, force: true });
    }
  }
}

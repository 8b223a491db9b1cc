// The bridge protocol as a billing system speaks it, from docs/bridge-protocol.md: signed requests, and answers that are
// believed only with their own signature.
import { createHash, createHmac, randomBytes } from 'node:crypto';

/** @param {string} text */
const digest = (text) => createHash('sha256').update(text).digest('hex');

/** How long an answer may take. */
const PATIENCE = 30_000;

export class Bridge {
  /** @param {{base: string, installation: string, key: string}} where */
  constructor({ base, installation, key }) {
    Object.assign(this, { base, installation, key });
  }

  /** @param {string} text */
  #mac(text) {
    return createHmac('sha256', this.key).update(text).digest('hex');
  }

  /** The session as messages name it: never the id itself. @param {string} id */
  session(id) {
    return this.#mac(`session\n${id}`);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   */
  async send(method, path, body) {
    const text = body === undefined ? '' : JSON.stringify(body);
    const timestamp = Math.floor(Date.now() / 1000);
    const nonce = randomBytes(16).toString('hex');
    const signed = ['v1', this.installation, method, path, timestamp, nonce, digest(text)].join('\n');
    const answer = await fetch(this.base + path, {
      method,
      headers: {
        'content-type': 'application/json',
        'hostler-installation': this.installation,
        'hostler-timestamp': String(timestamp),
        'hostler-nonce': nonce,
        'hostler-signature': `v1=${this.#mac(signed)}`,
      },
      body: method === 'GET' ? undefined : text,
      signal: AbortSignal.timeout(PATIENCE),
    });
    const back = await answer.text();
    const stamp = answer.headers.get('hostler-timestamp');
    const expected = ['v1-answer', this.installation, nonce, answer.status, stamp, digest(back)].join('\n');
    if (!(answer.headers.get('hostler-signature') ?? '').includes(`v1=${this.#mac(expected)}`)) {
      throw new Error(`${method} ${path}: the answer ${answer.status} is not signed: ${back}`);
    }
    const value = JSON.parse(back);
    if (!answer.ok) {
      throw new Error(`${method} ${path}: ${answer.status} ${back}`);
    }
    return value;
  }
}

/**
 * Who is at a browser, as the context of a message.
 * @param {Bridge} bridge
 * @param {Visitor | null} visitor null for the billing system itself
 * @param {string} url of the billing system
 * @typedef {{session: string, client: number, user: number, permissions: string[], language?: string}} Visitor
 */
export const context = (bridge, visitor, url) => ({
  protocol: 1,
  module_version: '0.1.0',
  whmcs_version: '9.0.3-release.1',
  actor: visitor ? 'client' : 'system',
  client_id: visitor?.client ?? null,
  user_id: visitor?.user ?? null,
  permissions: visitor?.permissions ?? [],
  admin_id: null,
  admin_role: null,
  session: visitor ? bridge.session(visitor.session) : null,
  ip: '127.0.0.1',
  language: visitor?.language ?? 'english',
  system_url: url,
  correlation: randomBytes(12).toString('hex'),
});

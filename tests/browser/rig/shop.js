// A billing system for tests: visitors by cookie, any theme around the engine's page, the module's entry file.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { context } from './bridge.js';
import { keep } from './keep.js';
import { until } from './processes.js';
import { frame, files } from './themes.js';

const MODULE = 'VirtFusionDirect';
const ENTRY = `/modules/servers/${MODULE}/client.php`;
const PRODUCT = 3;
/** The headers of the engine's answer that a browser gets to see. */
const PASSED = ['content-type', 'cache-control', 'content-security-policy', 'location', 'x-frame-options', 'referrer-policy', 'x-content-type-options'];
/** What a page of this shop may load: its own files, and nothing inline. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const SILENT = 'The server panel cannot be shown right now. Please try again in a few minutes.';

const { resolve } = createRequire(import.meta.url);

export class Shop {
  /**
   * @param {import('./bridge.js').Bridge} bridge
   * @param {{server: number, image: string}} sells
   */
  static async open(bridge, sells) {
    const shop = new Shop();
    /** @type {Map<number, any>} */
    shop.rows = new Map();
    /** What is wrong with visitors on purpose: `session` forgets them. */
    shop.visitors = new Map();
    Object.assign(shop, { bridge, sells });
    shop.listening = createServer((request, response) => {
      shop.#answer(request, response).catch((error) => {
        response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error?.stack ?? error));
      });
    });
    await new Promise((resolve, reject) => {
      shop.listening.once('error', reject).listen(0, '127.0.0.1', () => resolve(undefined));
    });
    shop.url = `http://127.0.0.1:${shop.listening.address().port}/`;
    return shop;
  }

  async close() {
    this.listening.closeAllConnections();
    await new Promise((resolve) => this.listening.close(resolve));
  }

  /**
   * Somebody who is signed in.
   * @param {{client?: number, permissions?: string[], language?: string}} who
   * @returns {{session: string, client: number, user: number, permissions: string[], language: string}}
   */
  visitor({ client = 1, permissions = ['*'], language = 'english' } = {}) {
    const session = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const visitor = { session, client, user: client * 10, permissions, language };
    this.visitors.set(session, visitor);
    return visitor;
  }

  /** @param {number} service */
  address(service, theme = 'bootstrap4') {
    return `${this.url}clientarea.php?action=productdetails&id=${service}&theme=${theme}`;
  }

  /**
   * The params of a function.
   * @param {any} row
   * @param {object} more
   */
  #params(row, more) {
    return {
      serviceid: row.service, userid: row.client, pid: row.product, serverid: row.server, orderid: row.order, domain: row.domain,
      configoption1: '1', configoption2: '1', configoption3: '1', configoption4: String(row.selfService ?? 0), configoption5: '0', configoption6: '100', configoption7: '10',
      configoptions: {}, option_mapping: {}, customfields: { 'Initial Operating System': this.sells.image },
      clientsdetails: { firstname: 'Jane', lastname: `Doe ${row.client}`, companyname: '', email: `jane${row.client}@example.test`, country: 'US', language: 'english' },
      mapped_id: null,
      ...more,
    };
  }

  /**
   * A function of the module.
   * @param {number} service
   * @param {string} name
   * @param {object} more
   * @param {any} visitor null for the billing system itself
   */
  async call(service, name, more = {}, visitor = null) {
    const row = this.rows.get(service);
    const answer = await this.bridge.send('POST', '/bridge/v1/call', {
      module: MODULE, function: name, params: this.#params(row, more), domainstatus: row.domainstatus, applying: null,
      budget_ms: name === 'ClientArea' ? 1500 : 23_000, context: context(this.bridge, visitor, this.url),
    });
    keep('answers.log', `${name}: ${answer.result}\n`);
    return answer;
  }

  /**
   * A service that was ordered, and nothing more.
   * @param {{client?: number, domain?: string, selfService?: number}} what
   * @returns {number} its id
   */
  enter({ client = 1, domain, selfService = 0 } = {}) {
    const service = 501 + this.rows.size;
    this.rows.set(service, {
      service, client, product: PRODUCT, server: this.sells.server, order: service, order_status: 'Pending', module: MODULE,
      domainstatus: 'Pending', domain: domain ?? `web${service}.example.test`, address: '', mapped_id: null, selfService,
    });
    return service;
  }

  /**
   * A service with a machine that is ready and can be switched.
   * @param {{client?: number, domain?: string, selfService?: number}} what
   * @returns {Promise<number>} its id
   */
  async order(what = {}) {
    const service = this.enter(what);
    await this.until(service, 'CreateAccount');
    Object.assign(this.rows.get(service), { domainstatus: 'Active', order_status: 'Active' });
    await this.calm(service);
    return service;
  }

  /** Waits until nothing is under way for a service. @param {number} service */
  async calm(service) {
    const owner = this.visitor({ client: this.rows.get(service).client });
    await until(async () => {
      await this.settle();
      const { data } = await this.call(service, 'ClientArea', {}, owner);
      return data?.html && !data.html.includes('id="hostler-power-note"');
    }, `service ${service} is ready`, 60_000);
  }

  /** @param {number} service */
  async suspend(service) {
    await this.until(service, 'SuspendAccount', { suspendreason: 'unpaid' });
    this.rows.get(service).domainstatus = 'Suspended';
  }

  /** @param {number} service */
  async terminate(service) {
    await this.until(service, 'TerminateAccount');
    this.rows.get(service).domainstatus = 'Terminated';
  }

  /** A function, again and again until it says success. @param {number} service @param {string} name @param {object} more */
  async until(service, name, more = {}) {
    let last = '';
    await until(async () => {
      ({ result: last } = await this.call(service, name, more));
      await this.settle();
      return last === 'success';
    }, `${name} of ${service} succeeds`, 60_000).catch((error) => { throw new Error(last, { cause: error }); });
  }

  /** Acknowledges what the engine wants done, without doing it: these tests look at pages. */
  async settle() {
    for (let round = 0; round < 50; round += 1) {
      const { effects } = await this.bridge.send('GET', '/bridge/v1/effects?protocol=1&limit=100');
      if (effects.length === 0) {
        return;
      }
      keep('effects.log', `${JSON.stringify(effects)}\n`);
      await this.bridge.send('POST', '/bridge/v1/effects/ack', {
        acks: effects.map((effect) => ({ id: effect.id, outcome: 'applied', reason: '' })),
        context: context(this.bridge, null, this.url),
      });
    }
  }

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  async #answer(request, response) {
    const url = new URL(request.url ?? '/', this.url);
    const session = /(?:^|;\s*)rig_session=([0-9a-f]{32})/.exec(request.headers.cookie ?? '')?.[1] ?? '';
    const visitor = this.visitors.get(session) ?? null;
    if (url.pathname === ENTRY) {
      return this.#entry(request, response, url, visitor);
    }
    if (files[url.pathname]) {
      const [type, module] = files[url.pathname];
      response.writeHead(200, { 'content-type': type }).end(await readFile(resolve(module)));
      return undefined;
    }
    if (url.pathname === '/clientarea.php') {
      return this.#page(response, url, visitor);
    }
    response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such page.');
    return undefined;
  }

  /** @param {import('node:http').ServerResponse} response @param {URL} url @param {any} visitor */
  async #page(response, url, visitor) {
    const service = Number(url.searchParams.get('id'));
    let panel = `<p id="rig-sentence">Sign in to see your server.</p>`;
    if (visitor && this.rows.get(service)?.client === visitor.client) {
      try {
        const { result, data } = await this.call(service, 'ClientArea', {}, visitor);
        panel = data?.html ?? `<p id="rig-sentence">${escape(result)}</p>`;
        keep('pages.log', `${panel}\n`);
      } catch {
        panel = `<p id="rig-sentence">${SILENT}</p>`;
      }
    }
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY, 'cache-control': 'no-store' };
    response.writeHead(200, headers).end(frame(url.searchParams.get('theme') ?? 'bootstrap4', panel, this.rows.get(service)?.domain ?? ''));
  }

  /** What client.php does. */
  async #entry(request, response, url, visitor) {
    const json = (/** @type {number} */ status, /** @type {string} */ errors) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ success: false, errors }));
    const query = Object.fromEntries(url.searchParams);
    const kind = ['action', 'fragment', 'page', 'asset'].find((word) => word in query);
    if (!visitor && kind !== 'asset') {
      return json(401, 'unauthenticated');
    }
    const body = [];
    for await (const piece of request) {
      body.push(piece);
    }
    const form = request.method === 'POST' ? Object.fromEntries(new URLSearchParams(Buffer.concat(body).toString('utf8'))) : {};
    const row = { ...this.rows.get(Number(query.serviceID)) };
    delete row.selfService;
    const header = (/** @type {string} */ name) => request.headers[name] ?? null;
    let answer;
    try {
      answer = await this.bridge.send('POST', '/bridge/v1/page', {
        module: MODULE, surface: 'client', target: { kind: kind ?? 'action', name: query[kind ?? ''] ?? '' },
        method: request.method, query, form,
        headers: { origin: header('origin'), referer: header('referer'), host: header('host'), token: header('x-hostler-token'), hx_request: header('hx-request') },
        row: row.service ? row : null, base: ENTRY, budget_ms: request.method === 'POST' ? 8000 : 1500,
        context: context(this.bridge, visitor, this.url),
      });
    } catch {
      return json(503, SILENT);
    }
    if (request.method === 'GET' && kind !== 'asset') {
      keep('pages.log', `${answer.body}\n`);
    }
    const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => PASSED.includes(name)));
    return response.writeHead(answer.status, headers)
      .end(answer.encoding === 'base64' ? Buffer.from(answer.body, 'base64') : answer.body);
  }
}

/** @param {string} text */
const escape = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

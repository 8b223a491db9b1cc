import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { JSDOM } from 'jsdom';
import { Channel, Look, ask, equip, keys, start, take, type } from '../src/console.js';
import { answering } from './page.js';

const words = ['connected', 'closed', 'viewer', 'idle', 'too-long', 'session-over', 'signed-off', 'platform', 'unreachable', 'security', 'broken'];

/** The page of a screen, as the engine makes it. @param {string} way */
function page(way) {
  const said = words.map((word) => `data-hostler-is-${word}="${word}"`).join(' ');
  const dom = new JSDOM(
    `<!doctype html><body><main class="hostler" data-hostler-viewer="/viewer.js" data-hostler-way="${way}" data-hostler-ask="30"`
      + ' data-hostler-off="/c?action=toggleVnc"'
      + ` data-hostler-idle="900" data-hostler-total="28800" ${said}>`
      + '<button id="hostler-screen-keys" data-hostler-live disabled>keys</button>'
      + '<button id="hostler-screen-paste" data-hostler-live disabled>paste</button><button id="hostler-screen-close">x</button>'
      + '<span data-hostler-announce></span>'
      + '<form method="post" action="/c?action=consoleProof"><input type="hidden" name="hostler_token" value="t0ken">'
      + '<input type="hidden" id="con" value="wss://relay.example/console"><input type="hidden" id="pass" value="k3y">'
      + '<input type="hidden" id="server-name" value="web"></form><div id="hostler-screen"></div>'
      + '<dialog><textarea id="hostler-screen-text"></textarea><button id="hostler-screen-type">t</button>'
      + '<button id="hostler-screen-cancel">c</button></dialog></main></body>',
    { url: 'https://shop.example/client.php' },
  );
  const document = dom.window.document;
  const dialog = /** @type {any} */ (document.querySelector('dialog'));
  dialog.showModal = () => dialog.setAttribute('open', '');
  dialog.close = () => dialog.removeAttribute('open');
  return {
    document,
    root: /** @type {HTMLElement} */ (document.querySelector('main')),
    form: /** @type {HTMLFormElement} */ (document.querySelector('form')),
    said: () => document.querySelector('[data-hostler-announce]')?.textContent,
    /** @param {string} id */
    at: (id) => /** @type {HTMLElement} */ (document.getElementById(id)),
  };
}

/** A viewer that remembers what was done with it. */
class FakeViewer {
  /** @param {Element} target @param {any} channel @param {any} options */
  constructor(target, channel, options) {
    this.made = { target, channel, options };
    this.scaleViewport = false;
    /** @type {Record<string, (event: any) => void>} */
    this.on = {};
    /** @type {any[]} */
    this.keys = [];
    this.resets = 0;
    this.gone = false;
    this.left = false;
    FakeViewer.last = this;
  }

  /** @type {FakeViewer | null} */
  static last = null;

  focus() {}

  blur() { this.left = true; }

  disconnect() { this.gone = true; }

  sendCtrlAltDel() { this.resets += 1; }

  /** @param {number} key @param {string | null} code @param {boolean} [down] */
  sendKey(key, code, down) { this.keys.push([key, code, down]); }

  /** @param {string} name @param {(event: any) => void} then */
  addEventListener(name, then) { this.on[name] = then; }
}

/** A socket that a test speaks through. */
class FakeSocket {
  /** @param {string} address @param {string[]} protocols */
  constructor(address, protocols) {
    this.asked = { address, protocols };
    /** @type {any[]} */
    this.sent = [];
    this.readyState = 1;
    this.protocol = 'binary';
    this.closed = false;
    this.binaryType = '';
    /** @type {((event: any) => void) | null} */
    this.onmessage = null;
    /** @type {((event: any) => void) | null} */
    this.onclose = null;
    /** @type {((event: any) => void) | null} */
    this.onerror = null;
    FakeSocket.last = this;
  }

  /** @type {FakeSocket | null} */
  static last = null;

  /** @param {any} data */
  send(data) { this.sent.push(data); }

  close() { this.closed = true; }

  /** @param {any} data */
  tells(data) { this.onmessage?.({ data: typeof data === 'string' || data instanceof ArrayBuffer ? data : JSON.stringify(data) }); }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/**
 * One look, and the time that a test moves.
 * @param {string} way
 * @param {{status?: number, json?: unknown}[]} answers
 */
function looking(way, answers) {
  const shown = page(way);
  const { get, asked } = answering(answers);
  let time = 0;
  /** @type {(() => void) | null} */
  let tick = null;
  const look = new Look({
    root: shown.root,
    form: shown.form,
    target: shown.at('hostler-screen'),
    Viewers: /** @type {any} */ (FakeViewer),
    Socket: /** @type {any} */ (FakeSocket),
    post: get,
    every: (run) => { tick = run; return 1; },
    stop: () => { tick = null; },
    now: () => time,
    word: () => 'w0rd',
  });
  return { shown, look, asked, pass: (/** @type {number} */ seconds) => { time += seconds * 1000; tick?.(); }, runs: () => tick !== null };
}
const good = { json: { success: true, data: { proof: 'pr00f' } } };
const gone = { status: 401, json: { success: false, errors: 'unauthenticated' } };
const socket = () => /** @type {FakeSocket} */ (FakeSocket.last);
const viewer = () => /** @type {FakeViewer} */ (FakeViewer.last);

test('vf_135 what the page was given for one use is taken out of it', () => {
  const shown = page('relayed');
  assert.deepEqual(take(shown.document), { address: 'wss://relay.example/console', key: 'k3y' });
  assert.equal(shown.document.documentElement.outerHTML.includes('k3y'), false);
  assert.deepEqual(take(shown.document), { address: '', key: '' });
});

test('mx_045 the ticket is said to the relay with the session\'s answer, and is in no address', async () => {
  const { look, asked, shown } = looking('relayed', [good]);
  look.relayed('wss://relay.example/console', 't1cket');
  assert.deepEqual(socket().asked, { address: 'wss://relay.example/console', protocols: ['binary'] });
  socket().tells({ nonce: 'abc' });
  await settled();
  assert.equal(asked[0].url, 'https://shop.example/c?action=consoleProof');
  assert.equal(asked[0].init.body, 'hostler_token=t0ken&nonce=abc');
  assert.ok(asked[0].init.signal instanceof AbortSignal, 'an answer is not waited for without end');
  assert.deepEqual(socket().sent.map((said) => JSON.parse(said)), [{ ticket: 't1cket', proof: 'pr00f' }]);
  socket().tells({ password: 's3cret' });
  assert.deepEqual(viewer().made.options.credentials, { password: 's3cret' });
  assert.equal(viewer().made.target, shown.at('hostler-screen'));
  viewer().on.connect({});
  assert.equal(shown.said(), 'connected');
  assert.equal(shown.at('hostler-screen-keys').hasAttribute('disabled'), false);
});

test('bytes reach the viewer, and what the relay says beside them does not', async () => {
  const { look } = looking('relayed', [good]);
  look.relayed('wss://relay.example/console', 't');
  socket().tells({ nonce: 'abc' });
  await settled();
  socket().tells({ password: 'p' });
  const channel = viewer().made.channel;
  const needed = ['send', 'close', 'binaryType', 'onerror', 'onmessage', 'onopen', 'protocol', 'readyState'];
  const has = [...Object.keys(channel), ...Object.getOwnPropertyNames(Object.getPrototypeOf(channel))];
  assert.deepEqual(needed.filter((name) => !has.includes(name)), []);
  assert.ok(channel instanceof Channel);
  /** @type {any[]} */
  const seen = [];
  channel.onmessage = (/** @type {any} */ event) => seen.push(event.data);
  const bytes = new ArrayBuffer(3);
  socket().tells(bytes);
  socket().tells({ nonce: 'def' });
  assert.deepEqual(seen, [bytes]);
  channel.send('x');
  assert.equal(socket().sent.at(-1), 'x');
  assert.deepEqual([channel.readyState, channel.protocol], [1, 'binary']);
});

test('mx_047 the session answers again and again, and says whether somebody was there', async () => {
  const { look, shown } = looking('relayed', [good]);
  equip(look);
  look.relayed('wss://relay.example/console', 't');
  socket().tells({ nonce: 'a' });
  await settled();
  look.wasActive();
  const answer = async () => {
    socket().tells({ nonce: 'b' });
    await settled();
    return JSON.parse(socket().sent.at(-1));
  };
  assert.deepEqual(await answer(), { proof: 'pr00f', active: false });
  const view = /** @type {any} */ (shown.document.defaultView);
  shown.document.dispatchEvent(new view.Event('keydown'));
  assert.deepEqual(await answer(), { proof: 'pr00f', active: true });
  assert.deepEqual(await answer(), { proof: 'pr00f', active: false });
});

test('mx_046 a session that is over closes the console and says so', async () => {
  const { look, shown } = looking('relayed', [good, gone]);
  look.relayed('wss://relay.example/console', 't');
  socket().tells({ nonce: 'a' });
  await settled();
  socket().tells({ password: 'p' });
  shown.at('hostler-screen').innerHTML = '<canvas></canvas>';
  socket().tells({ nonce: 'b' });
  await settled();
  assert.equal(shown.said(), 'session-over');
  assert.equal(socket().closed, true);
  assert.deepEqual([viewer().gone, shown.at('hostler-screen').children.length], [true, 0], 'nothing of the screen stays');
  assert.equal(socket().sent.length, 1);
});

test('mx_046 the relay\'s reason is what is said, whatever the viewer makes of the end', async () => {
  const { look, shown } = looking('relayed', [good]);
  look.relayed('wss://relay.example/console', 't');
  socket().tells({ nonce: 'a' });
  await settled();
  socket().tells({ password: 'p' });
  viewer().made.channel.onclose = () => viewer().on.disconnect({});
  socket().onclose?.({ reason: 'too_long' });
  assert.equal(shown.said(), 'too-long');
  assert.equal(shown.at('hostler-screen-keys').hasAttribute('disabled'), true);
  const strange = looking('relayed', [good]);
  strange.look.relayed('wss://relay.example/console', 't');
  socket().onclose?.({ reason: '"><img src=x>' });
  assert.equal(strange.shown.said(), 'closed');
  const unreached = looking('relayed', [good]);
  unreached.look.relayed('wss://relay.example/console', 't');
  socket().onclose?.({ reason: '' });
  assert.equal(unreached.shown.said(), 'unreachable');
});

test('mx_047 without a relay the page asks the session and looks at the time itself', async () => {
  const { look, asked, pass, shown, runs } = looking('direct', [good, good, gone]);
  look.direct('wss://panel.example/vnc/?token=1', 's3cret');
  assert.equal(viewer().made.channel, 'wss://panel.example/vnc/?token=1');
  pass(29);
  assert.equal(asked.length, 0);
  pass(1);
  await settled();
  assert.equal(asked[0].init.body, 'hostler_token=t0ken&nonce=w0rd');
  pass(30);
  await settled();
  assert.equal(shown.said(), '');
  pass(30);
  await settled();
  assert.deepEqual([shown.said(), viewer().gone, runs()], ['session-over', true, false]);
  assert.deepEqual([asked.at(-1)?.url, asked.at(-1)?.init.body, asked.at(-1)?.init.keepalive],
    ['/c?action=toggleVnc', 'hostler_token=t0ken&enabled=0', true], 'the panel\'s token ends with the page');
  const idle = looking('direct', [good]);
  idle.look.direct('wss://panel.example/vnc/?token=1', 's3cret');
  idle.pass(899);
  idle.look.touch();
  idle.pass(899);
  assert.equal(idle.shown.said(), '');
  idle.pass(1);
  assert.equal(idle.shown.said(), 'idle');
  const replaced = looking('direct', [good]);
  replaced.look.direct('wss://panel.example/vnc/?token=1', 's3cret');
  viewer().on.disconnect({});
  assert.deepEqual([replaced.shown.said(), replaced.asked.length], ['platform', 0], 'another window may have it now');
});

test('an answer that is only delayed is asked for once more, and a refusal is not', async () => {
  const { form } = page('direct');
  const late = answering([{ status: 0 }, good]);
  assert.equal(await ask(form, 'a', late.get), 'pr00f');
  const down = answering([{ status: 503, json: { success: false } }]);
  assert.equal(await ask(form, 'a', down.get), null);
  assert.equal(down.asked.length, 2);
  const refused = answering([gone]);
  assert.equal(await ask(form, 'a', refused.get), null);
  assert.equal(refused.asked.length, 1);
});

test('a text is typed key by key, with shift where a machine expects it', () => {
  assert.deepEqual(keys('aA\r\n\té€'), [[97, false], [65, true], [0xff0d, false], [0xff09, false], [0xe9, false], [0x010020ac, false]]);
  assert.equal(keys('x'.repeat(5000)).length, 4096);
  const typed = new FakeViewer(/** @type {any} */ (null), null, {});
  type(/** @type {any} */ (typed), '!b');
  assert.deepEqual(typed.keys, [[0xffe1, 'ShiftLeft', true], [33, null, undefined], [0xffe1, 'ShiftLeft', false], [98, null, undefined]]);
});

test('the buttons send Ctrl-Alt-Del, type what was pasted, and close', () => {
  const { look, shown } = looking('direct', [good]);
  equip(look);
  look.direct('wss://panel.example/', 'p');
  shown.at('hostler-screen-keys').click();
  shown.at('hostler-screen-paste').click();
  assert.equal(viewer().resets, 0, 'nothing is connected yet');
  assert.equal(shown.document.querySelector('dialog')?.hasAttribute('open'), false);
  viewer().on.connect({});
  shown.at('hostler-screen-keys').click();
  assert.equal(viewer().resets, 1);
  shown.at('hostler-screen-paste').click();
  assert.equal(shown.document.querySelector('dialog')?.hasAttribute('open'), true);
  const box = /** @type {HTMLTextAreaElement} */ (shown.at('hostler-screen-text'));
  box.value = 'ls';
  shown.at('hostler-screen-type').click();
  assert.deepEqual(viewer().keys.map(([key]) => key), [108, 115]);
  assert.deepEqual([box.value, shown.document.querySelector('dialog')?.hasAttribute('open')], ['', false]);
  box.value = 'no';
  shown.at('hostler-screen-cancel').click();
  assert.equal(box.value, '');
  assert.equal(viewer().keys.length, 2);
  shown.at('hostler-screen-close').click();
  assert.deepEqual([shown.said(), viewer().gone], ['viewer', true]);
});

test('mx_041 the keyboard leaves the screen by three keys, and the machine does not think that they are held', () => {
  const { look, shown } = looking('direct', [good]);
  equip(look);
  look.direct('wss://panel.example/', 'p');
  viewer().on.connect({});
  const view = /** @type {any} */ (shown.document.defaultView);
  const press = (/** @type {object} */ held) => shown.document.dispatchEvent(new view.KeyboardEvent('keydown', { key: 'Shift', ...held }));
  press({ ctrlKey: true, altKey: true });
  assert.equal(viewer().left, false);
  press({ ctrlKey: true, altKey: true, shiftKey: true });
  assert.equal(viewer().left, true);
  assert.deepEqual(viewer().keys.map(([, code, down]) => [code, down]), [['ControlLeft', false], ['AltLeft', false], ['ShiftLeft', false]]);
  assert.equal(shown.document.activeElement?.id, 'hostler-screen-keys');
});

test('a viewer that cannot be fetched is said to be missing', async () => {
  const shown = page('relayed');
  assert.equal(await start(shown.document, async () => { throw new TypeError('network'); }), null);
  assert.equal(shown.said(), 'broken');
  assert.equal(await start(new JSDOM('<p>another page</p>').window.document, async () => { throw new Error('not asked'); }), null);
});

test('the viewer is one file with its licence', () => {
  const read = (/** @type {string} */ file) => readFileSync(new URL(file, import.meta.url), 'utf8');
  const joined = read('../dist/novnc.js');
  assert.match(joined, /^\/\*!\n \* @novnc\/novnc 1\.7\.0, MPL-2\.0/);
  assert.match(joined, /vendor\/pako/);
  assert.doesNotMatch(joined, /from ?"|import\(|\beval\(|new Function/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JSDOM } from 'jsdom';
import { Channel, type } from '../src/console.js';

/** A document in which the viewer can draw, for what that is worth here. */
function browser() {
  const { window } = new JSDOM('<!doctype html><body><div id="screen"></div></body>', { url: 'https://shop.example/', pretendToBeVisual: true });
  const context = new Proxy({}, { get: (_, name) => (name === 'getImageData' ? () => ({ data: [0, 0, 0, 0] }) : () => undefined), set: () => true });
  /** @type {any} */ (window.HTMLCanvasElement.prototype).getContext = () => context;
  /** @type {any} */ (window.HTMLCanvasElement.prototype).toDataURL = () => 'data:,';
  class Observer { observe() {} disconnect() {} }
  const given = /** @type {any} */ (window);
  given.ResizeObserver = Observer;
  for (const name of ['window', 'document', 'navigator', 'Image', 'Event', 'CustomEvent', 'MouseEvent', 'MutationObserver', 'ResizeObserver', 'WebSocket']) {
    Object.defineProperty(globalThis, name, { value: given[name], configurable: true, writable: true });
  }
  given.crypto ??= globalThis.crypto;
  given.isSecureContext = true;
  return window.document;
}

/** A machine's end of the line, which a test speaks for. */
class Machine {
  constructor() {
    this.readyState = 1;
    this.protocol = 'binary';
    this.binaryType = '';
    this.closed = false;
    /** @type {number[]} */
    this.heard = [];
    this.channel = new Channel(/** @type {any} */ (this));
  }

  /** @param {any} bytes */
  send(bytes) { this.heard.push(...new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, bytes.byteLength)); }

  close() {
    this.closed = true;
    queueMicrotask(() => this.channel.onclose?.({ code: 1000, reason: '', wasClean: true }));
  }

  /** @param {number[]} bytes */
  says(bytes) { this.channel.onmessage?.({ data: new Uint8Array(bytes).buffer }); }

  /** What was heard since it was asked last, once it is that much. @param {number} length */
  async hears(length) {
    for (let tries = 0; this.heard.length < length && tries < 100; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this.heard.splice(0, length);
  }
}

const letters = (/** @type {string} */ text) => [...text].map((letter) => letter.charCodeAt(0));

test('mx_044 the viewer of npm comes in to a screen through our channel, types, and goes', async () => {
  const document = browser();
  const { default: Viewers } = await import(String(new URL('../dist/novnc.js', import.meta.url)));
  const machine = new Machine();
  const target = document.getElementById('screen');
  const viewer = new Viewers(target, machine.channel, { credentials: { password: 's3cret' }, shared: true });
  const connected = new Promise((resolve) => viewer.addEventListener('connect', resolve));
  machine.says(letters('RFB 003.008\n'));
  assert.deepEqual(await machine.hears(12), letters('RFB 003.008\n'));
  machine.says([1, 2]);
  assert.deepEqual(await machine.hears(1), [2]);
  machine.says(letters('0123456789abcdef'));
  // As the simulated screen wants it.
  assert.equal(Buffer.from(await machine.hears(16)).toString('hex'), 'cb1c0c7f3228bb937506917ca00de5e1');
  machine.says([0, 0, 0, 0]);
  assert.deepEqual(await machine.hears(1), [1], 'others may look too');
  machine.says([1, 64, 0, 200, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0, 0, 0, 0, 3, ...letters('web')]);
  await connected;
  const [kind, , , , bits, depth] = await machine.hears(20);
  assert.deepEqual([kind, bits, depth], [0, 32, 24], 'pixels that the simulated screen has');
  await machine.hears(4);
  machine.heard.length = 0;
  type(viewer, 'A');
  assert.deepEqual(await machine.hears(32), [
    4, 1, 0, 0, 0, 0, 0xff, 0xe1, 4, 1, 0, 0, 0, 0, 0, 65, 4, 0, 0, 0, 0, 0, 0, 65, 4, 0, 0, 0, 0, 0, 0xff, 0xe1,
  ]);
  viewer.sendCtrlAltDel();
  const keys = await machine.hears(48);
  assert.deepEqual([0, 8, 16].map((at) => keys[at + 7]), [0xe3, 0xe9, 0xff]);
  assert.equal(target?.childElementCount, 1);
  viewer.disconnect();
  assert.deepEqual([machine.closed, target?.childElementCount], [true, 0], 'nothing of the screen stays');
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { poll } from '../src/page/fragments.js';
import { answering, page } from './page.js';

const html = (/** @type {string} */ text, every = 2000) =>
  `<div data-hostler-every="${every}"><p id="a" data-hostler-part data-hostler-tell>${text}</p></div>`;
/** Lets pending promises run. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) {
    await Promise.resolve();
  }
};

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

test('the fragment is fetched when its time has come, and shown', async () => {
  const shown = page(html('one'));
  const { get, asked } = answering([{ text: html('two') }]);
  poll(shown.root, get);
  mock.timers.tick(1999);
  assert.equal(asked.length, 0);
  mock.timers.tick(1);
  await settle();
  assert.equal(asked[0].url, '/f?fragment=live');
  assert.equal(asked[0].init.credentials, 'same-origin');
  assert.equal(shown.at('a').textContent, 'two');
  assert.equal(shown.said(), 'two');
  mock.timers.tick(2000);
  assert.equal(asked.length, 2);
});

test('nothing is fetched while nobody looks', async () => {
  const shown = page(html('one'));
  Object.defineProperty(shown.document, 'visibilityState', { value: 'hidden', configurable: true });
  const { get, asked } = answering([{ text: html('two') }]);
  poll(shown.root, get);
  mock.timers.tick(10000);
  await settle();
  assert.equal(asked.length, 0);
  Object.defineProperty(shown.document, 'visibilityState', { value: 'visible', configurable: true });
  shown.document.dispatchEvent(new (/** @type {any} */ (shown.document.defaultView)).Event('visibilitychange'));
  await settle();
  assert.equal(asked.length, 1);
});

test('a server that does not answer is asked less often, and it is said once', async () => {
  const shown = page(html('one'));
  const { get, asked } = answering([{ status: 0 }, { status: 503 }, { status: 0 }, { text: html('one') }]);
  poll(shown.root, get);
  mock.timers.tick(2000);
  await settle();
  mock.timers.tick(4000);
  await settle();
  assert.equal(shown.said(), '');
  mock.timers.tick(8000);
  await settle();
  assert.equal(asked.length, 3);
  assert.equal(shown.said(), 'lost');
  assert.equal(shown.at('a').textContent, 'one');
  mock.timers.tick(16000);
  await settle();
  assert.equal(asked.length, 4);
  assert.equal(shown.said(), '');
});

test('an ended session ends the fetching and says so', async () => {
  const shown = page(html('one'));
  const { get, asked } = answering([{ status: 401 }]);
  poll(shown.root, get);
  mock.timers.tick(2000);
  await settle();
  assert.equal(shown.said(), 'ended');
  mock.timers.tick(60000);
  await settle();
  assert.equal(asked.length, 1);
});

test('zero means never', async () => {
  const shown = page(html('one', 0));
  const { get, asked } = answering([{ text: html('two') }]);
  poll(shown.root, get);
  mock.timers.tick(60000);
  await settle();
  assert.equal(asked.length, 0);
});

test('a whole fragment brings its live part', async () => {
  const shown = page(html('one'));
  const { get } = answering([{ text: `<link><div><div data-hostler-live>${html('two')}</div></div>` }]);
  await poll(shown.root, get).now();
  assert.equal(shown.at('a').textContent, 'two');
});

test('VF-211 the server is told whether somebody looks, and what is here already', async () => {
  const shown = page(`<div id="os" data-hostler-part data-hostler-rev="a1"></div><div id="h" data-hostler-part data-hostler-rev="b 2"></div>${html('one')}`);
  const { get, asked } = answering([{ text: '' }]);
  const running = poll(shown.root, get);
  await running.now();
  assert.equal(asked[0].url, '/f?fragment=live&have=os%3Aa1%2Ch%3Ab%202');
  shown.document.hasFocus = () => true;
  await running.now();
  running.stop();
  assert.match(asked[1].url, /&watch=1(&|$)/);
});

test('VF-211 a return is followed by a fetch at once, and by one only', async () => {
  const shown = page(html('one'));
  const view = /** @type {any} */ (shown.document.defaultView);
  const { get, asked } = answering([{ text: html('two') }]);
  poll(shown.root, get);
  view.dispatchEvent(new view.Event('focus'));
  shown.document.dispatchEvent(new view.Event('visibilitychange'));
  await settle();
  assert.equal(asked.length, 1);
  assert.equal(shown.at('a').textContent, 'two');
});

test('who asks while an answer is under way gets one of after that', async () => {
  const shown = page(html('one'));
  const { get, asked } = answering([{ text: html('two') }, { text: html('three') }]);
  const running = poll(shown.root, get);
  const first = running.now();
  const second = running.now();
  assert.equal(asked.length, 1);
  await first;
  await second;
  assert.equal(asked.length, 2);
  assert.equal(shown.at('a').textContent, 'three');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../src/hostler.js';
import { copy } from '../src/page/copy.js';
import { send } from '../src/page/send.js';
import { answering, page } from './page.js';

const form = (more = '') =>
  `<form id="f" method="post" action="/c?action=powerAction" data-hostler-action ${more}>`
  + '<input type="hidden" name="hostler_token" value="t0ken"><input type="hidden" name="powerAction" value="restart">'
  + '<button id="go">Restart</button></form>';
const copying = '<button id="c" data-hostler-copy="192.0.2.1" data-hostler-copied="192.0.2.1 copied" data-hostler-uncopied="no">Copy</button>';

/** @param {ReturnType<typeof page>} shown */
const theForm = (shown) => /** @type {HTMLFormElement} */ (shown.at('f'));

test('a form is posted with its token and its answer is said', async () => {
  const shown = page(form());
  const { get, asked } = answering([{ json: { success: true, data: { action: 'restart', message: 'Restarting.' } } }]);
  assert.equal(await send(theForm(shown), get, () => true), true);
  assert.equal(asked[0].url, 'https://shop.example/c?action=powerAction');
  assert.equal(asked[0].init.method, 'POST');
  assert.equal(asked[0].init.body, 'hostler_token=t0ken&powerAction=restart');
  assert.equal(shown.said(), 'Restarting.');
  assert.equal(shown.at('go').getAttribute('aria-busy'), null);
});

test('a refusal is said in the words of the engine', async () => {
  const shown = page(form());
  const { get } = answering([{ status: 403, json: { success: false, errors: 'This service is suspended.' } }]);
  assert.equal(await send(theForm(shown), get, () => true), false);
  assert.equal(shown.said(), 'This service is suspended.');
});

test('what cuts the power is asked for once more', async () => {
  const shown = page(form('data-hostler-confirm="Really?"'));
  const { get, asked } = answering([{ json: { success: true, data: {} } }]);
  /** @type {string[]} */
  const questions = [];
  assert.equal(await send(theForm(shown), get, (question) => { questions.push(question); return false; }), false);
  assert.deepEqual(questions, ['Really?']);
  assert.equal(asked.length, 0);
  assert.equal(await send(theForm(shown), get, () => true), true);
});

test('an answer that is none is said to be lost', async () => {
  const shown = page(form());
  assert.equal(await send(theForm(shown), answering([{ status: 0 }]).get, () => true), false);
  assert.equal(shown.said(), 'lost');
});

test('answers are shown as text, never as markup', async () => {
  const shown = page(form());
  const { get } = answering([{ json: { success: false, errors: '<img src=x onerror=alert(1)>' } }]);
  await send(theForm(shown), get, () => true);
  assert.equal(shown.document.querySelector('img'), null);
  assert.equal(shown.said(), '<img src=x onerror=alert(1)>');
});

test('an address is copied, and it is said when it cannot be', async () => {
  const shown = page(copying);
  /** @type {string[]} */
  const copied = [];
  await copy(shown.at('c'), { writeText: async (text) => { copied.push(text); } });
  assert.deepEqual(copied, ['192.0.2.1']);
  assert.equal(shown.said(), '192.0.2.1 copied');
  await copy(shown.at('c'), undefined);
  assert.equal(shown.said(), 'no');
});

test('a live page sends its forms without leaving and refreshes at once', async () => {
  const shown = page(form());
  const view = /** @type {any} */ (shown.document.defaultView);
  const { get, asked } = answering([{ json: { success: true, data: { message: 'Done.' } } }, { text: '<p>fresh</p>' }]);
  view.fetch = get;
  start(shown.document);
  const event = new view.Event('submit', { bubbles: true, cancelable: true });
  assert.equal(theForm(shown).dispatchEvent(event), false);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(asked.map((request) => request.url), ['https://shop.example/c?action=powerAction', '/f?fragment=live']);
});

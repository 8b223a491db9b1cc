import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { start } from '../src/hostler.js';
import { mask } from '../src/page/mask.js';
import { merge, remember } from '../src/page/merge.js';
import { run } from '../src/page/names.js';
import { frozen, send } from '../src/page/send.js';
import { answering, page } from './page.js';

/** A row as the page has it. @param {string} at @param {string} address @param {string} host */
const row = (at, address, host) =>
  `<li id="row-${at}" data-hostler-part><form id="form-${at}" method="post" action="/c?action=rdnsUpdate" data-hostler-action data-hostler-rest="rdns-${at}">`
  + `<input type="hidden" name="ip" value="${address}"><b data-hostler-masked="203.0.•••.•••">${address}</b>`
  + `<input type="text" id="host-${at}" name="ptr" value="${host}" maxlength="253"><button id="save-${at}">Save</button>`
  + `<p id="said-${at}" data-hostler-said hidden></p></form></li>`;
/** The form for a host inside of a prefix. */
const adding =
  '<form id="form-add" method="post" action="/c?action=rdnsUpdate" data-hostler-action data-hostler-rest="rdns-add" data-hostler-fresh>'
  + '<input type="hidden" name="add" value="1"><input type="text" id="add-ip" name="ip" value="" required><input type="text" id="add-host" name="ptr" value="" required>'
  + '<button id="add">Add</button><p id="said-add" data-hostler-said hidden></p></form>';
/** What administrators have. */
const staff =
  '<div class="hostler" data-hostler-token="t0ken"><button id="reset" hidden data-hostler-run="/a?action=rdnsReconcile" data-hostler-first="force=1&amp;preview=1" data-hostler-fields="force=1" data-hostler-confirm="%s Go on?">Reset</button>'
  + '<button id="plain" hidden data-hostler-run="/a?action=rdnsReconcile" data-hostler-fields="force=0">Reconcile</button><p id="report" data-hostler-announce></p></div>';
/** @param {ReturnType<typeof page>} shown @param {string} id */
const form = (shown, id) => /** @type {HTMLFormElement} */ (shown.at(id));
/** @param {ReturnType<typeof page>} shown @param {string} id */
const field = (shown, id) => /** @type {HTMLInputElement} */ (shown.at(id));
const yes = () => true;

/** @param {ReturnType<typeof page>} shown */
function live(shown) {
  /** @type {any} */ (shown.document.defaultView).fetch = answering([{ text: '' }]).get;
  start(shown.document);
}

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] }));
afterEach(() => mock.timers.reset());

test('VF-218 a name that is refused is marked at its row, with the words beside it, and both go when it is typed anew', async () => {
  const shown = page(`<ul>${row('1', '203.0.113.5', 'old.example.com')}${row('2', '203.0.113.6', '')}</ul>`);
  live(shown);
  field(shown, 'host-1').value = 'mail.example.com';
  const { get, asked } = answering([{ status: 400, json: { success: false, errors: 'mail.example.com does not lead to 203.0.113.5.', field: 'ptr' } }]);
  assert.equal(await send(form(shown, 'form-1'), get, yes), false);
  assert.equal(asked[0].init.body, 'ip=203.0.113.5&ptr=mail.example.com');
  assert.equal(field(shown, 'host-1').getAttribute('aria-invalid'), 'true');
  assert.equal(shown.at('said-1').textContent, 'mail.example.com does not lead to 203.0.113.5.');
  assert.equal(shown.at('said-1').hidden, false);
  assert.equal(field(shown, 'host-2').getAttribute('aria-invalid'), null);
  assert.equal(shown.at('said-2').hidden, true);
  const view = /** @type {any} */ (shown.document.defaultView);
  field(shown, 'host-1').dispatchEvent(new view.Event('input', { bubbles: true }));
  assert.equal(field(shown, 'host-1').getAttribute('aria-invalid'), null);
  assert.equal(shown.at('said-1').hidden, true);
});

test('VF-218 a row rests by itself while its name is saved', async () => {
  const shown = page(`<ul>${row('3', '203.0.113.5', '')}${row('4', '203.0.113.6', '')}</ul>`);
  /** @type {(value: any) => void} */
  let answer = () => {};
  const sending = send(form(shown, 'form-3'), /** @type {any} */ (() => new Promise((resolve) => { answer = resolve; })), yes);
  assert.equal(frozen(form(shown, 'form-3')), true);
  assert.equal(field(shown, 'host-3').readOnly, true);
  assert.equal(frozen(form(shown, 'form-4')), false);
  assert.equal(field(shown, 'host-4').readOnly, false);
  answer({ status: 200, json: async () => ({ success: true, data: { reason: 'written', message: 'The name is set.' } }) });
  assert.equal(await sending, true);
  assert.equal(shown.said(), 'The name is set.');
  assert.equal(frozen(form(shown, 'form-3')), false);
});

test('VF-218 of two fields the one that is meant is marked, and both are empty again once it was taken', async () => {
  const shown = page(adding);
  field(shown, 'add-ip').value = '2001:db8::zz';
  field(shown, 'add-host').value = 'mail.example.com';
  const wrong = answering([{ status: 400, json: { success: false, errors: 'This is no address.', field: 'ip' } }]);
  await send(form(shown, 'form-add'), wrong.get, yes);
  assert.equal(field(shown, 'add-ip').getAttribute('aria-invalid'), 'true');
  assert.equal(field(shown, 'add-host').getAttribute('aria-invalid'), null);
  assert.equal(shown.at('said-add').textContent, 'This is no address.');
  const taken = answering([{ json: { success: true, data: { reason: 'written', message: 'The name is set.' } } }]);
  field(shown, 'add-ip').value = '2001:db8::5';
  await send(form(shown, 'form-add'), taken.get, yes);
  assert.equal(taken.asked[0].init.body, 'add=1&ip=2001%3Adb8%3A%3A5&ptr=mail.example.com');
  assert.equal(field(shown, 'add-ip').value, '');
  assert.equal(field(shown, 'add-host').value, '');
  assert.equal(shown.at('said-add').hidden, true);
});

test('VF-218 a row that was refused stays as it is when the page is refreshed, and another one that has changed is replaced', async () => {
  const rows = (/** @type {string} */ second) => `<ul>${row('5', '203.0.113.5', '')}${row('6', '203.0.113.6', second)}</ul>`;
  const shown = page(rows(''));
  remember(shown.root);
  field(shown, 'host-5').value = 'typed.example.com';
  const { get } = answering([{ status: 400, json: { success: false, errors: 'No.' } }]);
  await send(form(shown, 'form-5'), get, yes);
  merge(shown.live, page(rows('fresh.example.com')).live);
  assert.equal(shown.at('said-5').textContent, 'No.');
  assert.equal(field(shown, 'host-5').value, 'typed.example.com');
  assert.equal(field(shown, 'host-6').value, 'fresh.example.com');
});

test('VF-203 what is said at a row is masked like everything else', async () => {
  const shown = page(row('7', '203.0.113.5', ''));
  mask(shown.root, true);
  const { get } = answering([{ status: 400, json: { success: false, errors: 'mail.example.com does not lead to 203.0.113.5.' } }]);
  await send(form(shown, 'form-7'), get, yes);
  assert.equal(shown.at('said-7').textContent, 'mail.example.com does not lead to 203.0.•••.•••.');
});

test('VF-261 a reset is shown before it is asked for, and a no changes nothing', async () => {
  const shown = page(staff);
  const { get, asked } = answering([{ json: { success: true, data: { reset: 2, message: 'Preview: 2 reset.' } } }]);
  /** @type {string[]} */
  const questions = [];
  const refused = await run(shown.at('reset'), get, (question) => { questions.push(question); return false; });
  assert.equal(refused, false);
  assert.deepEqual(questions, ['Preview: 2 reset. Go on?']);
  assert.deepEqual(asked.map((one) => one.init.body), ['force=1&preview=1&hostler_token=t0ken']);
  assert.equal(shown.at('report').textContent, 'Preview: 2 reset.');
  const both = answering([
    { json: { success: true, data: { message: 'Preview: 2 reset.' } } },
    { json: { success: true, data: { message: '2 reset.' } } },
  ]);
  let renewed = 0;
  assert.equal(await run(shown.at('reset'), both.get, yes, async () => { renewed += 1; }), true);
  assert.deepEqual(both.asked.map((one) => one.init.body), ['force=1&preview=1&hostler_token=t0ken', 'force=1&hostler_token=t0ken']);
  assert.equal(both.asked[1].url, '/a?action=rdnsReconcile');
  assert.equal(shown.at('report').textContent, '2 reset.');
  assert.equal(renewed, 1);
});

test('VF-261 what is refused is reported in the words of the engine, and nothing is asked then', async () => {
  const shown = page(staff);
  const { get, asked } = answering([{ status: 504, json: { success: false, errors: 'The name servers are still being asked.' } }]);
  assert.equal(await run(shown.at('reset'), get, () => { throw new Error('asked'); }), false);
  assert.equal(asked.length, 1);
  assert.equal(shown.at('report').textContent, 'The name servers are still being asked.');
  assert.equal(shown.at('reset').getAttribute('aria-busy'), null);
  const plain = answering([{ json: { success: true, data: { message: 'no changes needed.' } } }]);
  assert.equal(await run(shown.at('plain'), plain.get, () => { throw new Error('asked'); }), true);
  assert.equal(shown.at('report').textContent, 'no changes needed.');
});

test('VF-261 the buttons are there with the script, and rest while one of them is at work', async () => {
  const shown = page(staff);
  live(shown);
  assert.equal(shown.at('plain').hidden, false);
  /** @type {(value: any) => void} */
  let answer = () => {};
  const running = run(shown.at('plain'), /** @type {any} */ (() => new Promise((resolve) => { answer = resolve; })), yes);
  assert.equal(shown.at('plain').getAttribute('aria-busy'), 'true');
  assert.equal(await run(shown.at('reset'), answering([{ json: {} }]).get, yes), false);
  answer({ status: 200, json: async () => ({ success: true, data: { message: '1 added.' } }) });
  assert.equal(await running, true);
});

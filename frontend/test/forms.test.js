import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { copy } from '../src/page/copy.js';
import { poll } from '../src/page/fragments.js';
import { mask } from '../src/page/mask.js';
import { announce } from '../src/page/say.js';
import { forgetSecret } from '../src/page/secrets.js';
import { frozen, send } from '../src/page/send.js';
import { answering, page } from './page.js';

let made = 0;
/** A form of its own address, for forms of one address rest together. @param {string} more @param {string} inner */
const form = (more = '', inner = '') => {
  made += 1;
  return `<form id="f" method="post" action="/c?action=a${made}" data-hostler-action ${more}>`
    + `<input type="hidden" name="hostler_return" value="1"><input type="hidden" name="hostler_once" value="o">${inner}<button id="go">Go</button></form>`;
};
const box = '<div id="hostler-secret-box" hidden><h3 id="h">Secret</h3><code id="u" data-hostler-field="name"></code><code id="p" data-hostler-field="password"></code></div>';
/** @param {ReturnType<typeof page>} shown */
const theForm = (shown) => /** @type {HTMLFormElement} */ (shown.at('f'));
const yes = () => true;

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] }));
afterEach(() => mock.timers.reset());

test('the field that asks for a page is not sent', async () => {
  const shown = page(form());
  const { get, asked } = answering([{ json: { success: true, data: {} } }]);
  await send(theForm(shown), get, yes);
  assert.equal(asked[0].init.body, 'hostler_once=o');
});

test('VF-213 buttons rest while a form is sent and three seconds after, all of one action', async () => {
  const shown = page(form('data-hostler-cool="3"'));
  const other = /** @type {HTMLFormElement} */ (theForm(shown).cloneNode(true));
  other.id = 'f2';
  const second = /** @type {HTMLElement} */ (other.querySelector('button'));
  second.id = 'go2';
  theForm(shown).after(other);
  /** @type {(value: any) => void} */
  let answer = () => {};
  const post = /** @type {any} */ (() => new Promise((resolve) => { answer = resolve; }));
  const sending = send(theForm(shown), post, yes);
  assert.equal(shown.at('go').getAttribute('aria-busy'), 'true');
  for (const id of ['go', 'go2']) {
    assert.equal(shown.at(id).getAttribute('aria-disabled'), 'true', id);
  }
  assert.equal(await send(other, post, yes), false);
  answer({ status: 200, json: async () => ({ success: true, data: {} }) });
  assert.equal(await sending, true);
  assert.equal(shown.at('go').getAttribute('aria-busy'), null);
  mock.timers.tick(2999);
  assert.equal(frozen(theForm(shown)), true);
  mock.timers.tick(2);
  assert.equal(frozen(theForm(shown)), false);
  assert.equal(shown.at('go2').getAttribute('aria-disabled'), null);
});

test('VF-202 a name is frozen while it is sent, and one that is refused is marked', async () => {
  const shown = page(form('', '<input type="text" id="n" name="name" value="old">'));
  const field = /** @type {HTMLInputElement} */ (shown.at('n'));
  field.value = 'new';
  /** @type {(value: any) => void} */
  let answer = () => {};
  const sending = send(theForm(shown), /** @type {any} */ (() => new Promise((resolve) => { answer = resolve; })), yes);
  assert.equal(field.readOnly, true);
  answer({ status: 400, json: async () => ({ success: false, errors: 'A name has 1 to 63 characters.' }) });
  await sending;
  assert.equal(field.readOnly, false);
  assert.equal(field.getAttribute('aria-invalid'), 'true');
  assert.equal(shown.said(), 'A name has 1 to 63 characters.');
  const again = answering([{ json: { success: true, data: { message: 'Renamed.' } } }]);
  await send(theForm(shown), again.get, yes);
  assert.equal(field.getAttribute('aria-invalid'), null);
  assert.equal(shown.said(), 'Renamed.');
  mock.timers.tick(8000);
  assert.equal(shown.said(), '');
});

test('VF-217 the question names what was chosen, and seconds are counted until it goes on', async () => {
  const shown = page(form('data-hostler-confirm="Install %s?" data-hostler-elapsed="%s s"',
    '<input type="radio" name="osId" id="r1" value="1"><label for="r1">Debian</label><input type="radio" name="osId" id="r2" value="2" checked><label for="r2"> Ubuntu\n 24.04 </label>'));
  /** @type {string[]} */
  const questions = [];
  /** @type {(value: any) => void} */
  let answer = () => {};
  const post = /** @type {any} */ (() => new Promise((resolve) => { answer = resolve; }));
  const sending = send(theForm(shown), post, (question) => { questions.push(question); return true; }, async () => {
    assert.equal(shown.root.querySelector('.hostler-elapsed')?.textContent, '2 s');
  });
  assert.deepEqual(questions, ['Install Ubuntu 24.04?']);
  assert.equal(shown.root.querySelector('.hostler-elapsed')?.textContent, '0 s');
  mock.timers.tick(2000);
  answer({ status: 200, json: async () => ({ success: true, data: { state: 'running' } }) });
  assert.equal(await sending, true);
  assert.equal(shown.root.querySelector('.hostler-elapsed'), null);
});

test('VF-214 VF-215 a secret is shown in its one place, as text, and forgotten when that is wanted', async () => {
  const shown = page(box + form());
  const { get } = answering([{ json: { success: true, data: { message: 'Set.', secret: { name: 'root', password: '<b>s3cret' } } } }]);
  await send(theForm(shown), get, yes);
  assert.equal(shown.at('hostler-secret-box').hidden, false);
  assert.equal(shown.at('u').textContent, 'root');
  assert.equal(shown.at('p').textContent, '<b>s3cret');
  assert.equal(shown.document.activeElement?.id, 'h');
  assert.equal(shown.said(), 'Set.');
  forgetSecret(shown.root);
  assert.equal(shown.at('hostler-secret-box').hidden, true);
  assert.equal(shown.at('p').textContent, '');
});

test('VF-215 a secret is copied from where it is shown, also the older way', async () => {
  const shown = page('<code id="p">s3cret</code><button id="c" data-hostler-copy-from="p" data-hostler-copied="copied" data-hostler-uncopied="by hand">Copy</button>');
  /** @type {string[]} */
  const copied = [];
  await copy(shown.at('c'), { writeText: async (text) => { copied.push(text); } });
  assert.deepEqual(copied, ['s3cret']);
  /** @type {any} */ (shown.document).execCommand = (/** @type {string} */ command) => {
    copied.push(`${command} ${/** @type {any} */ (shown.root.querySelector('textarea')).value}`);
    return true;
  };
  await copy(shown.at('c'), { writeText: async () => { throw new Error('refused'); } });
  assert.deepEqual(copied, ['s3cret', 'copy s3cret']);
  assert.equal(shown.said(), 'copied');
  assert.equal(shown.root.querySelector('textarea'), null);
});

test('VF-201 a copied address is marked for a second and a half', async () => {
  const shown = page('<button id="c" data-hostler-copy="192.0.2.1" data-hostler-copied="copied">Copy</button>');
  await copy(shown.at('c'), { writeText: async () => {} });
  assert.equal(shown.at('c').getAttribute('data-hostler-done'), 'yes');
  mock.timers.tick(1500);
  assert.equal(shown.at('c').getAttribute('data-hostler-done'), null);
});

test('VF-203 what is said while the mask is on is masked, too; what is copied is not', async () => {
  const shown = page('<code id="a" data-hostler-masked="192.0.•••.•••">192.0.2.1</code><button id="c" data-hostler-copy="192.0.2.1" data-hostler-copied="192.0.2.1 copied">Copy</button><button id="d" data-hostler-copy-from="a" data-hostler-copied="copied">Copy</button>');
  mask(shown.root, true);
  /** @type {string[]} */
  const copied = [];
  const clipboard = { writeText: async (/** @type {string} */ text) => { copied.push(text); } };
  await copy(shown.at('c'), clipboard);
  assert.equal(shown.said(), '192.0.•••.••• copied');
  await copy(shown.at('d'), clipboard);
  assert.deepEqual(copied, ['192.0.2.1', '192.0.2.1']);
  mask(shown.root, false);
  announce(shown.root, 'at 192.0.2.1');
  assert.equal(shown.said(), 'at 192.0.2.1');
});

test('who is not signed in any more is told so, whatever the answer says', async () => {
  const shown = page(form());
  await send(theForm(shown), answering([{ status: 401, json: { success: false, errors: 'unauthenticated' } }]).get, yes);
  assert.equal(shown.said(), 'ended');
});

test('an address that an answer names is opened only when it is a page over TLS', async () => {
  const shown = page(form('target="_blank"'));
  const view = /** @type {any} */ (shown.document.defaultView);
  /** @type {string[]} */
  const opened = [];
  view.open = (/** @type {string} */ url) => { opened.push(url); return {}; };
  await send(theForm(shown), answering([{ json: { success: true, token_url: 'javascript:alert(1)' } }]).get, yes);
  await send(theForm(shown), answering([{ json: { success: true, token_url: 'https://panel.example/t' } }]).get, yes);
  assert.deepEqual(opened, ['https://panel.example/t']);
});

test('the refresh after an answer is told behind it, not in its place', async () => {
  const live = (/** @type {string} */ text) => `<div data-hostler-every="2000"><p id="a" data-hostler-part data-hostler-tell>${text}</p></div>`;
  const shown = page(live('0 of 2') + form());
  const running = poll(shown.root, answering([{ text: live('1 of 2') }, { text: live('2 of 2') }]).get);
  await send(theForm(shown), answering([{ json: { success: true, data: { message: 'Restarting.' } } }]).get, yes, running.now);
  assert.equal(shown.said(), 'Restarting. 1 of 2');
  mock.timers.tick(5001);
  await running.now();
  running.stop();
  assert.equal(shown.said(), '2 of 2');
});

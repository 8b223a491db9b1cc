import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../src/hostler.js';
import { counterpart, guard, mark } from '../src/page/billing.js';
import { poll } from '../src/page/fragments.js';
import { launch } from '../src/page/launch.js';
import { merge } from '../src/page/merge.js';
import { reveal } from '../src/page/secrets.js';
import { answering, page } from './page.js';

const login = (once = 'o1') =>
  '<div id="hostler-login" data-hostler-part><form id="r" method="post" action="/c?action=revealLogin" data-hostler-reveal="15"'
  + ' data-hostler-again="Reveal for 15s" data-hostler-hiding="Hiding in %ss">'
  + `<input type="hidden" name="hostler_once" value="${once}">`
  + '<input id="hostler-login-password" type="password" value="" readonly><button>Reveal for 15s</button></form></div>';
const console_ = '<form id="k" method="post" action="/c?action=console" target="_blank" data-hostler-console><button>Launch</button></form>';
const frame = '<div data-hostler-frame hidden><iframe name="hostler_console"></iframe></div>';
const power = (action = '', disabled = '') =>
  `<form method="post" action="/c?action=powerAction" data-hostler-action><button id="hostler-power-${action}" ${disabled}>x</button></form>`;
const link = (name = '') =>
  `<a id="Primary_Sidebar-Service_Details_Actions-Custom_Module_Button_${name}" href="/clientarea.php?a=${name}">x</a>`;

/**
 * Makes a document live over a server that has nothing new to say.
 * @param {ReturnType<typeof page>} shown
 */
function live(shown) {
  const view = /** @type {any} */ (shown.document.defaultView);
  view.fetch = answering([{ text: '' }]).get;
  start(shown.document);
}

/** Time that a test moves. */
function ticker() {
  /** @type {(() => void) | null} */
  let tick = null;
  return {
    every: (/** @type {() => void} */ run) => { tick = run; return 1; },
    stop: () => { tick = null; },
    pass: (seconds = 1) => { for (let n = 0; n < seconds; n += 1) { tick?.(); } },
    runs: () => tick !== null,
  };
}

test('kt_104 the password is fetched when it is asked for, and masked again after its time', async () => {
  const shown = page(login());
  const form = /** @type {HTMLFormElement} */ (shown.at('r'));
  const field = /** @type {HTMLInputElement} */ (shown.at('hostler-login-password'));
  const time = ticker();
  const { get, asked } = answering([{ json: { success: true, data: { username: 'root', password: '<b>&"s3cret' } } }]);
  assert.equal(shown.document.documentElement.outerHTML.includes('s3cret'), false);
  assert.equal(await reveal(form, get, time.every, time.stop), true);
  assert.equal(asked[0].init.body, 'hostler_once=o1');
  assert.deepEqual([field.type, field.value], ['text', '<b>&"s3cret']);
  assert.equal(form.querySelector('button')?.textContent, 'Hiding in 15s');
  time.pass();
  assert.equal(form.querySelector('button')?.textContent, 'Hiding in 14s');
  time.pass(14);
  assert.deepEqual([field.type, field.value], ['password', '']);
  assert.equal(form.querySelector('button')?.textContent, 'Reveal for 15s');
  assert.equal(time.runs(), false);
});

test('kt_104 a refused look at the password is said and shows nothing', async () => {
  const shown = page(login());
  const time = ticker();
  const { get } = answering([{ status: 403, json: { success: false, errors: 'Not yours.' } }]);
  const form = /** @type {HTMLFormElement} */ (shown.at('r'));
  assert.equal(await reveal(form, get, time.every, time.stop), false);
  assert.equal(shown.said(), 'Not yours.');
  assert.equal(/** @type {HTMLInputElement} */ (shown.at('hostler-login-password')).type, 'password');
});

test('kt_097 a fresh page brings a fresh token, and touches nothing that is the same', async () => {
  const shown = page(login('o1'));
  const field = shown.at('hostler-login-password');
  const fresh = page(login('o2'));
  assert.deepEqual(merge(shown.live, fresh.live), []);
  assert.equal(shown.at('hostler-login-password'), field);
  assert.equal(shown.document.querySelector('input[name="hostler_once"]')?.getAttribute('value'), 'o2');
});

test('kt_105 the console opens on the page where there is room for it', () => {
  for (const [width, target, hidden] of /** @type {[number, string, boolean][]} */ ([
    [501, 'hostler_console', false], [500, '_blank', true],
  ])) {
    const shown = page(console_);
    shown.root.insertAdjacentHTML('beforeend', frame);
    /** @type {string[]} */
    const told = [];
    shown.document.addEventListener('console-launched', (event) => {
      told.push(/** @type {any} */ (event).detail.launchMethod);
    });
    launch(/** @type {HTMLFormElement} */ (shown.at('k')), width, () => null);
    assert.equal(/** @type {HTMLFormElement} */ (shown.at('k')).target, target);
    assert.equal(shown.document.querySelector('[data-hostler-frame]')?.hasAttribute('hidden'), hidden);
    assert.deepEqual(told, [width > 500 ? 'iframe' : 'window']);
  }
});

test('mx_046 a console on the page is gone as soon as it may not be opened any more, or nobody is signed in', async () => {
  const open = `<div id="hostler-console" data-hostler-part>${console_}</div>`;
  const closed = open.replace('<button>', '<button disabled>');
  for (const [answer, gone] of /** @type {[{status?: number, text?: string}, boolean][]} */ ([
    [{ text: open }, false], [{ text: closed }, true], [{ text: '<p>suspended</p>' }, true], [{ status: 401 }, true], [{ status: 503 }, false],
  ])) {
    const shown = page(open);
    shown.root.insertAdjacentHTML('beforeend', frame);
    launch(/** @type {HTMLFormElement} */ (shown.at('k')), 900, () => null);
    const before = shown.document.querySelector('iframe');
    const running = poll(shown.root, answering([answer]).get);
    await running.now();
    running.stop();
    const after = shown.document.querySelector('iframe');
    assert.equal(after !== before, gone, JSON.stringify(answer));
    assert.equal(after?.getAttribute('name'), 'hostler_console');
    assert.equal(shown.document.querySelector('[data-hostler-frame]')?.hasAttribute('hidden'), gone);
  }
});

test('vf_196 a screen opens in a window of its own, and where the browser does not let it that is said', () => {
  const screen = console_.replace('data-hostler-console', 'data-hostler-console data-hostler-window="vfvnc_501" data-hostler-blocked="blocked"');
  const shown = page(screen);
  const form = /** @type {HTMLFormElement} */ (shown.at('k'));
  /** @type {string[][]} */
  const opened = [];
  const open = (/** @type {string[]} */ ...asked) => {
    opened.push(asked);
    return /** @type {any} */ ({ focus: () => undefined });
  };
  assert.equal(launch(form, 2000, open), true);
  assert.equal(form.target, 'vfvnc_501');
  assert.equal(opened[0][0], '');
  assert.equal(opened[0][1], 'vfvnc_501');
  assert.match(opened[0][2], /width=1024,height=768,resizable=yes,scrollbars=yes,toolbar=no/);
  assert.equal(launch(form, 2000, () => null), false);
  assert.equal(shown.said(), 'blocked');
});

test('kt_106 the links of the sidebar do what our buttons do, and nothing where those are disabled', () => {
  const shown = page(power('boot', 'disabled') + power('poweroff'));
  shown.document.body.insertAdjacentHTML('beforeend', link('Start_VM') + link('Stop_VM') + link('Other'));
  mark(shown.document);
  const at = (/** @type {string} */ name) =>
    shown.at(`Primary_Sidebar-Service_Details_Actions-Custom_Module_Button_${name}`);
  assert.equal(at('Start_VM').classList.contains('disabled'), true);
  assert.equal(at('Stop_VM').classList.contains('disabled'), false);
  assert.equal(counterpart(at('Stop_VM')), shown.at('hostler-power-poweroff'));
  assert.equal(counterpart(at('Other')), null);
  live(shown);
  /** @type {string[]} */
  const pressed = [];
  shown.at('hostler-power-poweroff').addEventListener('click', (event) => { event.preventDefault(); pressed.push('poweroff'); });
  const view = /** @type {any} */ (shown.document.defaultView);
  const click = () => new view.MouseEvent('click', { bubbles: true, cancelable: true });
  assert.equal(at('Stop_VM').dispatchEvent(click()), false);
  assert.deepEqual(pressed, ['poweroff']);
  assert.equal(at('Start_VM').dispatchEvent(click()), false);
});

const admin = (state = '') =>
  `<span data-hostler-vm-state="${state}" data-hostler-confirm="Are you sure?">x</span>`
  + '<div id="box">' + ['btnCreate', 'btnChange_Package', 'btnStart_VM', 'btnShutdown_VM', 'btnStop_VM', 'btnReset_VM']
    .map((id) => `<button id="${id}">x</button>`).join('') + '</div>';

test('kt_110 an administrators buttons are disabled by state, also when the page was drawn anew', async () => {
  const disabled = (/** @type {ReturnType<typeof page>} */ shown) =>
    [...shown.document.querySelectorAll('#box button[disabled]')].map((button) => button.id);
  for (const [state, expected] of /** @type {[string, string[]][]} */ ([
    ['started', ['btnCreate', 'btnStart_VM']],
    ['stopped', ['btnCreate', 'btnShutdown_VM', 'btnStop_VM', 'btnReset_VM']],
    ['building', ['btnChange_Package', 'btnStart_VM', 'btnShutdown_VM', 'btnStop_VM', 'btnReset_VM']],
    ['shutting_down', []],
  ])) {
    const shown = page(admin(state));
    guard(shown.document);
    assert.deepEqual(disabled(shown), expected, state);
  }
  const shown = page(admin('started'));
  live(shown);
  shown.live.innerHTML = admin('stopped');
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(disabled(shown), ['btnCreate', 'btnShutdown_VM', 'btnStop_VM', 'btnReset_VM']);
});

test('kt_110 an administrator is asked before a machine is switched', () => {
  const shown = page(admin('started'));
  const view = /** @type {any} */ (shown.document.defaultView);
  /** @type {string[]} */
  const asked = [];
  let answer = false;
  view.confirm = (/** @type {string} */ question) => { asked.push(question); return answer; };
  live(shown);
  /** @type {string[]} */
  const reached = [];
  shown.at('btnStop_VM').addEventListener('click', () => reached.push('stop'));
  shown.at('btnCreate').addEventListener('click', () => reached.push('create'));
  shown.at('btnStop_VM').click();
  answer = true;
  shown.at('btnStop_VM').click();
  shown.at('btnChange_Package').click();
  assert.deepEqual([asked, reached], [['Are you sure?', 'Are you sure?'], ['stop']]);
});

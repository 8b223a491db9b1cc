import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enhance } from '../src/hostler.js';
import { mask } from '../src/page/mask.js';
import { merge, remember } from '../src/page/merge.js';
import { page } from './page.js';

const part = (/** @type {string} */ id, /** @type {string} */ inner) => `<div id="${id}" data-hostler-part>${inner}</div>`;

test('what did not change is left untouched', () => {
  const shown = page(part('a', 'one') + part('b', '<button id="go">go</button>'));
  const [a, b] = [shown.at('a'), shown.at('b')];
  merge(shown.live, page(part('a', 'two') + part('b', '<button id="go">go</button>')).live);
  assert.notEqual(shown.at('a'), a);
  assert.equal(shown.at('a').textContent, 'two');
  assert.equal(shown.at('b'), b);
});

test('an inner part changes without its outer one', () => {
  const html = (/** @type {string} */ age) => part('state', `<b id="badge">on</b>${part('age', age)}`);
  const shown = page(html('1 s'));
  const badge = shown.at('badge');
  merge(shown.live, page(html('3 s')).live);
  assert.equal(shown.at('badge'), badge);
  assert.equal(shown.at('age').textContent, '3 s');
});

test('the focus and what was opened survive a change', () => {
  const html = (/** @type {string} */ text) =>
    part('a', `<p>${text}</p><button id="go">go</button><details id="d"><summary>s</summary>x</details>`);
  const shown = page(html('one'));
  shown.at('go').focus();
  shown.at('d').setAttribute('open', '');
  merge(shown.live, page(html('two')).live);
  assert.equal(shown.document.activeElement?.id, 'go');
  assert.ok(shown.at('d').hasAttribute('open'));
});

test('opened details alone are no reason to replace', () => {
  const html = part('a', '<details id="d"><summary>s</summary>x</details>');
  const shown = page(html);
  const details = shown.at('d');
  details.setAttribute('open', '');
  merge(shown.live, page(html).live);
  assert.equal(shown.at('d'), details);
});

test('when the set of parts changes everything is replaced', () => {
  const shown = page(part('a', 'one'));
  merge(shown.live, page(part('a', 'one') + part('new', 'two')).live);
  assert.equal(shown.at('new').textContent, 'two');
});

test('only new texts worth telling are told', () => {
  const html = (/** @type {string} */ count, /** @type {string} */ age) =>
    part('p', `<span data-hostler-tell>${count}</span><i>${age}</i>`);
  const shown = page(html('1 of 3', '1 s'));
  assert.deepEqual(merge(shown.live, page(html('1 of 3', '2 s')).live), []);
  assert.deepEqual(merge(shown.live, page(html('2 of 3', '2 s')).live), ['2 of 3']);
});

test('a part that is told as a whole is told when it comes, changes and comes again, and never when it goes', () => {
  const reason = (/** @type {string} */ text) => `<p id="reason" data-hostler-part data-hostler-tell>${text}</p>`;
  const other = part('a', 'one');
  const shown = page(other);
  const told = (/** @type {string} */ html) => merge(shown.live, page(html).live);
  assert.deepEqual(told(other + reason('It was turned down.')), ['It was turned down.']);
  assert.deepEqual(told(other + reason('It was turned down.')), []);
  assert.deepEqual(told(part('a', 'two') + reason('It was turned down.')), [], 'what is beside it is not told');
  assert.deepEqual(told(other + reason('It did not succeed.')), ['It did not succeed.']);
  assert.deepEqual(told(other + reason(' ')), [], 'nothing is no news');
  assert.deepEqual(told(other), []);
  assert.deepEqual(told(other + reason('It did not succeed.')), ['It did not succeed.']);
});

test('what stands in two places is told once', () => {
  const html = (/** @type {string} */ text) =>
    part('a', `<b data-hostler-tell>${text}</b><b data-hostler-tell>${text}</b>`);
  const shown = page(html('one'));
  assert.deepEqual(merge(shown.live, page(html('two')).live), ['two']);
});

test('the fragment says when it wants to be fetched next', () => {
  const html = (/** @type {number} */ every) => `<div data-hostler-every="${every}">${part('a', 'x')}</div>`;
  const shown = page(html(15000));
  merge(shown.live, page(html(2000)).live);
  assert.equal(shown.live.querySelector('[data-hostler-every]')?.getAttribute('data-hostler-every'), '2000');
});

test('a part that the server says is still the same keeps what is in it, even where others come and go', () => {
  const shown = page(part('a', 'one') + part('os', '<input id="q" value=""><p id="deep" data-hostler-part>x</p>'));
  /** @type {HTMLInputElement} */ (shown.at('q')).value = 'deb';
  const [os, q] = [shown.at('os'), shown.at('q')];
  merge(shown.live, page('<div id="new" data-hostler-part>n</div>' + part('a', 'two') + '<div id="os" data-hostler-part data-hostler-same></div>').live);
  assert.equal(shown.at('a').textContent, 'two');
  assert.equal(shown.at('new').textContent, 'n');
  assert.equal(shown.at('os'), os);
  assert.equal(shown.at('q'), q);
  assert.equal(/** @type {HTMLInputElement} */ (shown.at('q')).value, 'deb');
});

test('what the script or a person changed is no reason to replace', () => {
  const html = part('a', '<b id="m" data-hostler-masked="x">secret</b><input id="q" value="">');
  const shown = page(html);
  remember(shown.root);
  mask(shown.root, true);
  const a = shown.at('a');
  merge(shown.live, page(html).live);
  assert.equal(shown.at('a'), a);
  assert.equal(shown.at('m').textContent, 'x');
});

test('VF-203 MX-038 the mask is put on cells that come again', () => {
  const html = (/** @type {string} */ text) => part('a', `<b id="m" data-hostler-masked="${text[0]}••">${text}</b>`);
  const shown = page(html('one'));
  /** @type {any} */ (shown.document.defaultView).sessionStorage.setItem('vfIpMasked', '1');
  enhance(shown.root, []);
  merge(shown.live, page(html('two')).live);
  enhance(shown.root, []);
  assert.equal(shown.at('m').textContent, 't••');
});

test('what was filled in and chosen stays when its part is replaced', () => {
  const html = (/** @type {string} */ text) => part('a', `<p>${text}</p><input id="n" value="old"><input type="radio" value="1" name="r"><input type="radio" value="2" name="r">`);
  const shown = page(html('one'));
  /** @type {HTMLInputElement} */ (shown.at('n')).value = 'mine';
  const second = () => /** @type {HTMLInputElement} */ (shown.root.querySelector('[value="2"]'));
  second().checked = true;
  merge(shown.live, page(html('two')).live);
  assert.equal(shown.at('a').querySelector('p')?.textContent, 'two');
  assert.equal(/** @type {HTMLInputElement} */ (shown.at('n')).value, 'mine');
  assert.equal(second().checked, true);
});

test('VF-202 what was refused stays marked when its part is replaced', () => {
  const html = (/** @type {string} */ age) => part('a', `<input id="name" value="web"><i>${age}</i>`);
  const shown = page(html('1 s'));
  const field = /** @type {any} */ (shown.at('name'));
  field.value = 'x'.repeat(64);
  field.setAttribute('aria-invalid', 'true');
  merge(shown.live, page(html('2 s')).live);
  assert.notEqual(shown.at('name'), field);
  assert.equal(shown.at('name').getAttribute('aria-invalid'), 'true');
  assert.equal(/** @type {any} */ (shown.at('name')).value.length, 64);
});

test('nothing is taken away from who is writing in it', () => {
  const html = (/** @type {string} */ text) => part('a', `<p>${text}</p><input id="n" value="old">`);
  const shown = page(html('one'));
  const field = /** @type {HTMLInputElement} */ (shown.at('n'));
  field.focus();
  field.value = 'half a na';
  merge(shown.live, page(html('two')).live);
  assert.equal(shown.at('n'), field);
  field.blur();
  merge(shown.live, page(html('two')).live);
  assert.equal(shown.at('a').querySelector('p')?.textContent, 'two');
  assert.equal(/** @type {HTMLInputElement} */ (shown.at('n')).value, 'half a na');
});

test('a part that is still the same has the parts within it settled', () => {
  const shown = page(`<div id="os" data-hostler-part data-hostler-rev="1"><input id="q">${part('go', 'enabled')}</div>`);
  const q = shown.at('q');
  merge(shown.live, page(`<div id="os" data-hostler-part data-hostler-rev="1" data-hostler-same>${part('go', 'busy')}</div>`).live);
  assert.equal(shown.at('q'), q);
  assert.equal(shown.at('go').textContent, 'busy');
});

test('a private key that was made here is never lost by a refresh', () => {
  const html = (/** @type {string} */ rev) => `<div id="os" data-hostler-part data-hostler-rev="${rev}"><i id="place"></i>${part('go', rev)}</div>`;
  const shown = page(html('1'));
  remember(shown.root);
  shown.at('place').innerHTML = '<textarea id="k" data-hostler-kept>key</textarea>';
  merge(shown.live, page(html('2')).live);
  assert.equal(shown.at('k').textContent, 'key');
  assert.equal(shown.at('go').textContent, '2');
});

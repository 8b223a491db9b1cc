import assert from 'node:assert/strict';
import { test } from 'node:test';
import { merge } from '../src/hostler.js';
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

test('the fragment says when it wants to be fetched next', () => {
  const html = (/** @type {number} */ every) => `<div data-hostler-every="${every}">${part('a', 'x')}</div>`;
  const shown = page(html(15000));
  merge(shown.live, page(html(2000)).live);
  assert.equal(shown.live.querySelector('[data-hostler-every]')?.getAttribute('data-hostler-every'), '2000');
});

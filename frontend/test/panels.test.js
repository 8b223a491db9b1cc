import assert from 'node:assert/strict';
import { createPublicKey, webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { chart, gigabytes, months, observe, scale, spark } from '../src/page/chart.js';
import { filter, names, reveals, suggest } from '../src/page/fields.js';
import { further } from '../src/page/fragments.js';
import { keyPair, keygen, packed } from '../src/page/keys.js';
import { isMasked, mask } from '../src/page/mask.js';
import { jump, sections } from '../src/page/sections.js';
import { answering, page } from './page.js';

const GIB = 2 ** 30;
/** @param {[string, number, number][]} rows */
const table = (rows) =>
  `<div id="chart" data-hostler-chart="t" hidden aria-hidden="true"></div><table id="t"><thead><tr><th>Month</th><th>In</th><th>Out</th></tr></thead><tbody>${
    rows.map(([label, into, out]) => `<tr data-hostler-in="${into * GIB}" data-hostler-out="${out * GIB}"><th>${label}</th><td></td><td></td></tr>`).join('')}</tbody></table>`;
const year = () => /** @type {[string, number, number][]} */ (
  ['Feb 25', 'Mar 25', 'Apr 25', 'May 25', 'Jun 25', 'Jul 25', 'Aug 25', 'Sep 25', 'Oct 25', 'Nov 25', 'Dec 25', 'Jan 26']
    .map((label, at) => [label, at, 2 * at]));
/** @param {ParentNode} root @param {string} selector */
const texts = (root, selector) => [...root.querySelectorAll(selector)].map((element) => element.textContent);
const masked = '<b id="a" data-hostler-masked="203.0.•••.•••">203.0.113.9</b><input id="n" type="text" value="web" data-hostler-masked="w••">'
  + '<button id="m" data-hostler-mask hidden aria-pressed="false">Mask</button>';

test('VF-203 MX-038 the mask hides texts, leaves fields to the stylesheet, and comes off without a trace', () => {
  const shown = page(masked);
  mask(shown.root, true);
  assert.equal(shown.at('a').textContent, '203.0.•••.•••');
  assert.equal(/** @type {any} */ (shown.at('n')).value, 'web');
  assert.ok(shown.root.classList.contains('vf-mask-active'));
  assert.equal(shown.at('m').getAttribute('aria-pressed'), 'true');
  assert.equal(shown.at('m').hidden, false);
  mask(shown.root, true);
  mask(shown.root, false);
  assert.equal(shown.at('a').textContent, '203.0.113.9');
  assert.equal(shown.root.classList.contains('vf-mask-active'), false);
});

test('VF-203 the mask is on where the tab says so, in the words of the module before us', () => {
  const storage = /** @type {any} */ (page('').document.defaultView).sessionStorage;
  assert.equal(isMasked(storage), false);
  storage.setItem('vfIpMasked', '1');
  assert.equal(isMasked(storage), true);
  storage.setItem('vfIpMasked', '0');
  assert.equal(isMasked(storage), false);
  assert.equal(isMasked(null), false);
});

test('VF-205 the chart has twelve months, oldest left, two bars each, a scale and a legend', () => {
  const shown = page(table(year()));
  const place = shown.at('chart');
  chart(place, 800);
  assert.equal(place.hidden, false);
  assert.equal(place.querySelectorAll('rect.hostler-in').length, 13);
  assert.equal(place.querySelectorAll('rect.hostler-out').length, 13);
  const ticks = texts(place, '.hostler-tick');
  assert.deepEqual(ticks.slice(0, 5), ['0 GB', '8 GB', '17 GB', '25 GB', '33 GB']);
  assert.deepEqual(ticks.slice(5, 17), year().map(([label]) => label));
  assert.deepEqual(ticks.slice(17), ['In', 'Out']);
  const left = [...place.querySelectorAll('rect.hostler-in')].slice(0, 12).map((bar) => Number(bar.getAttribute('x')));
  assert.deepEqual(left, [...left].sort((a, b) => a - b));
  // The bars of one month stand beside each other, and the tallest pair fills the height together.
  const last = [...place.querySelectorAll('rect')].slice(22, 24).map((bar) => Number(bar.getAttribute('height')));
  assert.ok(Math.abs(last[0] + last[1] - 170) < 0.01, String(last));
});

test('VF-205 the scale is in GB to 1024 and then in TB, and never below one GB', () => {
  assert.equal(scale(0), '0 GB');
  assert.equal(scale(1023), '1023 GB');
  assert.equal(scale(1024), '1.0 TB');
  assert.equal(scale(2560), '2.5 TB');
  const shown = page(table([['Jan', 0, 0]]));
  chart(shown.at('chart'), 400);
  assert.equal(texts(shown.at('chart'), '.hostler-tick')[4], '1 GB');
  for (const bar of shown.at('chart').querySelectorAll('rect[height]')) {
    assert.ok(Number.isFinite(Number(bar.getAttribute('height'))));
  }
});

test('VF-205 a chart is as wide as its room, and gone where there are no months', () => {
  const shown = page(table(year()));
  chart(shown.at('chart'), 300);
  const svg = () => shown.at('chart').querySelector('svg');
  assert.equal(svg()?.getAttribute('width'), '300');
  // On a phone there is no room for twelve names; the newest is always there.
  const ticks = texts(shown.at('chart'), '.hostler-tick').slice(5, -2);
  assert.ok(ticks.length < 12 && ticks.includes('Jan 26'), String(ticks));
  chart(shown.at('chart'), 900);
  assert.equal(svg()?.getAttribute('width'), '900');
  assert.equal(shown.at('chart').querySelectorAll('svg').length, 1);
  shown.at('t').remove();
  chart(shown.at('chart'), 900);
  assert.equal(shown.at('chart').hidden, true);
});

test('VF-207 amounts below a pointer keep the vectors', () => {
  const vectors = /** @type {[number, string][]} */ ([[0.04, '0.04 GB'], [9.999, '10.00 GB'], [99.95, '100.0 GB'], [1023.6, '1024 GB'], [20000, '19.53 TB']]);
  for (const [amount, text] of vectors) {
    assert.equal(gigabytes(amount), text);
  }
});

test('bytes of a row that are none count as nothing, and months are read as text', () => {
  const shown = page('<table id="t"><tr data-hostler-in="x" data-hostler-out="-5"><th><img src=x onerror=alert(1)>Jan</th></tr></table>');
  assert.deepEqual(months(shown.at('t')), [{ label: 'Jan', in: 0, out: 0 }]);
});

test('VF-211 a line over time has each reading once, in order, and needs two', () => {
  const shown = page('<div id="f" data-hostler-at="100" data-hostler-cpu="20" data-hostler-memory="50"></div><div id="s" data-hostler-spark="cpu" hidden></div>');
  /** @type {{at: number, cpu: number, memory: number}[]} */
  const readings = [];
  observe(readings, shown.at('f'));
  observe(readings, shown.at('f'));
  assert.equal(readings.length, 1);
  spark(shown.at('s'), readings);
  assert.equal(shown.at('s').hidden, true);
  shown.at('f').setAttribute('data-hostler-at', '130');
  shown.at('f').setAttribute('data-hostler-cpu', '120');
  observe(readings, shown.at('f'));
  spark(shown.at('s'), readings);
  assert.equal(shown.at('s').hidden, false);
  assert.equal(shown.at('s').querySelector('polyline')?.getAttribute('points'), '0.0,32.0 200.0,0.0');
});

test('VF-202 four names are offered, all different, of the known words', () => {
  let turn = 0;
  const made = names((below) => { turn += 1; return (turn * 7) % below; });
  assert.equal(new Set(made).size, 4);
  for (const name of made) {
    assert.match(name, /^(swift|bold|calm|keen|fair|brave|cool|sage|free|warm)-(cloud|node|core|link|bolt|wave|star|peak|edge|dock)-[1-9]\d$/);
  }
});

test('VF-202 a chosen name only fills in the field, and more are to be had', () => {
  const shown = page('<form><input id="n" type="text" value="old"><div id="s" data-hostler-suggest="n" data-hostler-label="Suggest" data-hostler-more="More options" hidden></div></form>');
  const place = shown.at('s');
  suggest(place);
  suggest(place);
  const [opener, list] = /** @type {HTMLElement[]} */ ([...place.children]);
  assert.equal(place.hidden, false);
  assert.equal(place.children.length, 2);
  assert.equal(list.hidden, true);
  opener.click();
  assert.equal(opener.getAttribute('aria-expanded'), 'true');
  const offered = texts(list, 'button');
  assert.equal(offered.length, 5);
  assert.equal(offered[4], 'More options');
  /** @type {HTMLElement} */ (list.lastElementChild).click();
  assert.equal(list.childElementCount, 5);
  /** @type {HTMLElement} */ (list.children[1]).click();
  const field = /** @type {HTMLInputElement} */ (shown.at('n'));
  assert.match(field.value, /^[a-z]+-[a-z]+-\d\d$/);
  assert.equal(list.hidden, true);
  assert.equal(shown.document.activeElement, field);
  opener.click();
  list.dispatchEvent(new (/** @type {any} */ (shown.document.defaultView)).KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
  assert.equal(list.hidden, true);
  assert.equal(shown.document.activeElement, opener);
});

test('VF-217 the gallery shows what is looked for and says how much that is', () => {
  const shown = page('<div data-hostler-part id="p"><p><input id="q" data-hostler-filter=".os"><span id="found" data-hostler-found data-hostler-found-some="%s found" data-hostler-found-none="none"></span></p>'
    + '<div id="g1" data-hostler-group><i class="os" id="deb" data-hostler-text="debian 12"></i><i class="os" data-hostler-text="ubuntu 24.04"></i></div>'
    + '<div id="g2" data-hostler-group><i class="os" data-hostler-text="windows"></i></div></div>');
  const field = /** @type {HTMLInputElement} */ (shown.at('q'));
  field.value = ' DEBIAN';
  filter(field);
  assert.equal(shown.at('deb').hidden, false);
  assert.equal(shown.at('g1').hidden, false);
  assert.equal(shown.at('g2').hidden, true);
  assert.equal(shown.at('found').textContent, '1 found');
  field.value = 'plan 9';
  filter(field);
  assert.equal(shown.at('g1').hidden, true);
  assert.equal(shown.at('found').textContent, 'none');
  field.value = '';
  filter(field);
  assert.equal(shown.root.querySelectorAll('.os[hidden], [data-hostler-group][hidden]').length, 0);
  assert.equal(shown.at('found').textContent, '');
});

test('what belongs to a choice is shown with it', () => {
  const shown = page('<select id="s" data-hostler-reveals="__new__:k"><option value="">none</option><option value="__new__">new</option></select><div id="k"></div>');
  const choice = /** @type {HTMLSelectElement} */ (shown.at('s'));
  reveals(choice);
  assert.equal(shown.at('k').hidden, true);
  choice.value = '__new__';
  reveals(choice);
  assert.equal(shown.at('k').hidden, false);
});

test('a pair of keys is made as OpenSSH writes it, and the halves belong together', async () => {
  const { open, secret } = await keyPair(/** @type {any} */ (webcrypto), 'hostler');
  assert.match(open, /^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA\S+ hostler$/);
  const lines = secret.split('\n');
  assert.equal(lines[0], '-----BEGIN OPENSSH PRIVATE KEY-----');
  assert.ok(lines.slice(1, -2).every((line) => line.length <= 70));
  const bytes = Buffer.from(lines.slice(1, -2).join(''), 'base64');
  const line = Buffer.from(open.split(' ')[1], 'base64');
  assert.equal(bytes.subarray(0, 15).toString(), 'openssh-key-v1\0');
  assert.ok(bytes.includes(line), 'the public half is in the private file');
  // magic, three empty or short strings, the count, the public line: what is left is the private part, in whole blocks.
  const inner = bytes.subarray(15 + 8 + 8 + 4 + 4 + 4 + line.length);
  assert.equal(inner.readUInt32BE(0), inner.length - 4);
  assert.equal((inner.length - 4) % 8, 0);
  assert.deepEqual(inner.subarray(4, 8), inner.subarray(8, 12));
  const key = line.subarray(-32).toString('base64url');
  const seed = inner.subarray(12 + 4 + 11 + 4 + 32 + 4, 12 + 4 + 11 + 4 + 32 + 4 + 32).toString('base64url');
  const { createPrivateKey } = await import('node:crypto');
  const private_ = createPrivateKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', d: seed, x: key } });
  assert.equal(createPublicKey(private_).export({ format: 'jwk' }).x, key);
});

test('pieces are packed behind their lengths', () => {
  assert.deepEqual([...packed('ab', Uint8Array.of(7))], [0, 0, 0, 2, 97, 98, 0, 0, 0, 1, 7]);
});

test('where the browser makes no keys it is said, and nothing is filled in', async () => {
  const shown = page('<textarea id="k"></textarea><div id="g" data-hostler-keygen="k" data-hostler-label="Make a key" data-hostler-unable="Not here" hidden></div>');
  keygen(shown.at('g'), undefined);
  assert.equal(shown.at('g').hidden, false);
  shown.at('g').querySelector('button')?.click();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(shown.said(), 'Not here');
  assert.equal(/** @type {any} */ (shown.at('k')).value, '');
});

test('further lines of the history come below those that are there', async () => {
  const more = (/** @type {string} */ after) => `<button id="more" data-hostler-more="/f?fragment=history&amp;after=${after}" hidden>More</button>`;
  const history = (/** @type {string} */ line, /** @type {string} */ rest) => `<div id="hostler-history"><ol id="hostler-history-list"><li>${line}</li></ol>${rest}</div>`;
  const shown = page(history('one', more('2')));
  const { get, asked } = answering([{ text: history('two', more('3')) }, { text: history('three', '') }]);
  await further(shown.at('more'), get);
  assert.equal(asked[0].url, '/f?fragment=history&after=2');
  assert.deepEqual(texts(shown.document, 'li'), ['one', 'two']);
  assert.equal(shown.at('more').hidden, false);
  assert.equal(shown.document.activeElement?.textContent, 'two');
  await further(shown.at('more'), get);
  assert.equal(asked[1].url, '/f?fragment=history&after=3');
  assert.deepEqual(texts(shown.document, 'li'), ['one', 'two', 'three']);
  assert.equal(shown.at('more'), null);
});

test('VF-192 VF-222 entries of panels that are not there are hidden, ours and those of the billing system', () => {
  const shown = page('<ul><li id="l1"><a data-hostler-target="there" href="#there">a</a></li><li id="l2"><a data-hostler-target="gone" href="#gone">b</a></li></ul>'
    + '<a id="l3" class="list-group-item hostler-jump" href="#empty">c</a><a id="l4" class="list-group-item hostler-jump" href="#there">d</a>'
    + '<a id="l5" class="list-group-item" href="#empty">e</a><div id="there"><p>x</p></div><div id="empty"></div>');
  const display = () => ['l1', 'l2', 'l3', 'l4', 'l5'].map((id) => shown.at(id).style.display);
  sections(shown.document);
  assert.deepEqual(display(), ['', 'none', 'none', '', '']);
  shown.at('empty').innerHTML = '<p>it came later</p>';
  sections(shown.document);
  assert.deepEqual(display(), ['', 'none', '', '', '']);
  assert.equal(jump(shown.at('l4')), true);
  assert.equal(shown.document.activeElement?.id, 'there');
});

test('VF-222 an entry leads to its panel, with the address and the focus', () => {
  const shown = page('<a id="l" data-hostler-target="there" href="#there">a</a><a id="g" data-hostler-target="gone" href="#gone">b</a><div id="there"><p>x</p></div>');
  assert.equal(jump(shown.at('l')), true);
  assert.equal(shown.document.defaultView?.location.hash, '#there');
  assert.equal(shown.document.activeElement?.id, 'there');
  assert.equal(jump(shown.at('g')), false);
});

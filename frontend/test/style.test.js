import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const css = readFileSync(new URL('../src/hostler.css', import.meta.url), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');

/** Relative luminance as WCAG defines it. @param {string} colour */
function luminance(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
/** @param {string} one @param {string} other */
function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
/** @param {string} name */
const values = (name) => [...css.matchAll(new RegExp(`--hostler-${name}: (#[0-9a-f]{6})`, 'g'))].map((found) => found[1]);

test('badges can be read: white on each tone, in light and dark', () => {
  for (const tone of ['good', 'busy', 'quiet', 'warning', 'bad']) {
    const colours = values(tone);
    assert.ok(colours.length > 0, tone);
    for (const colour of colours) {
      assert.ok(contrast('#ffffff', colour) >= 4.5, `${tone} ${colour}`);
    }
  }
});

test('text, hints, links and focus stand out from their ground, in light and dark', () => {
  for (const name of ['text', 'muted', 'accent', 'focus']) {
    const [light, dark] = values(name);
    assert.ok(contrast(light, '#ffffff') >= 4.5, `${name} light`);
    assert.ok(contrast(dark, '#161b22') >= 4.5, `${name} dark`);
  }
});

test('every rule stays below our own classes', () => {
  const rules = css.replace(/@keyframes[^{]+\{[^{}]+\{[^{}]+\}\s*\}/g, '').replace(/@media[^{]+\{/g, '').matchAll(/([^{}]+)\{/g);
  for (const [, selectors] of rules) {
    // Commas within brackets separate no rules.
    for (const selector of selectors.split(/,(?![^(]*\))/)) {
      assert.match(selector.trim(), /^\.hostler/, selector);
    }
  }
});

test('the focus can be seen', () => {
  assert.match(css, /:focus-visible \{ outline: 3px/);
  assert.doesNotMatch(css, /outline: (0|none)/);
});

test('kt_111 each state has a badge of its own, and every other the usual one', () => {
  const ground = (/** @type {string} */ selector) => {
    const rule = css.match(new RegExp(`(?:^|\\n)\\${selector} \\{[^}]*background: (#[0-9a-f]{6})`));
    return rule?.[1];
  };
  assert.equal(ground('.hostler-vm-state'), '#1f003f');
  assert.equal(ground('.hostler-vm-state.state--started'), '#112b00');
  assert.equal(ground('.hostler-vm-state.state--stopped'), '#7d0000');
  assert.equal(ground('.hostler-vm-state.state--building'), '#001741');
  for (const colour of ['#1f003f', '#112b00', '#7d0000', '#001741']) {
    assert.ok(contrast('#ffffff', colour) >= 4.5, colour);
  }
});

test('the letters on the tiles of the gallery can be read', () => {
  const tiles = [...css.matchAll(/\.hostler-(?:tile|brand-[a-z]+) \{[^}]*background: (#[0-9a-f]{6})/g)];
  assert.ok(tiles.length > 15);
  for (const [rule, colour] of tiles) {
    assert.ok(contrast('#ffffff', colour) >= 4.5, rule);
  }
});

test('VF-205 the bars of the chart stand out from their ground, in light and dark', () => {
  for (const name of ['in', 'out']) {
    const [light, ...dark] = values(name);
    assert.ok(contrast(light, '#ffffff') >= 3, `${name} light`);
    assert.ok(dark.length > 0);
    dark.forEach((colour) => assert.ok(contrast(colour, '#1f2630') >= 3, `${name} dark`));
  }
});

test('whoever wants no motion has none', () => {
  const calm = css.slice(0, css.indexOf('@media (prefers-reduced-motion: no-preference)'));
  assert.ok(calm.length > 0 && calm.length < css.length);
  assert.doesNotMatch(calm, /animation:|transition:|scroll-behavior: smooth/);
});

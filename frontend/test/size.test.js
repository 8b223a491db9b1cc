import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

/** What the script may weigh on its way to a browser, in bytes. */
const MOST = 60 * 1000;

test('the script comes to at most 60 kB on its way', () => {
  const script = readFileSync(new URL('../src/hostler.js', import.meta.url));
  const weight = gzipSync(script, { level: 6 }).length;
  assert.ok(weight > 1000, 'the script is there');
  assert.ok(weight <= MOST, `${weight} bytes`);
});

test('the script needs no eval, and makes no markup of texts', () => {
  const script = readFileSync(new URL('../src/hostler.js', import.meta.url), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  assert.doesNotMatch(script, /\beval\(|new Function\(|innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|setAttribute\('style'|setAttribute\('on/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { joined } from './joined.js';

/** What the scripts may weigh on their way to a browser, in bytes: all of them, without the viewer of screens. */
const MOST = 60 * 1000;

/** The scripts as they are served. */
const scripts = ['hostler.js', 'console.js'].map(joined);

test('the scripts come to at most 60 kB on their way', () => {
  const weights = scripts.map((script) => gzipSync(script, { level: 6 }).length);
  assert.ok(weights.every((weight) => weight > 1000), 'the scripts are there');
  const weight = weights.reduce((sum, one) => sum + one);
  assert.ok(weight <= MOST, `${weight} bytes`);
});

test('each script runs as the one file that it is served as', async () => {
  for (const script of scripts) {
    assert.doesNotMatch(script, /^import\b/m);
    const module = await import(`data:text/javascript,${encodeURIComponent(script)}`);
    assert.equal(typeof module.start, 'function');
  }
});

test('no script needs eval, or makes markup of texts', () => {
  const script = scripts.join('\n').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  assert.doesNotMatch(script, /\beval\(|new Function\(|innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|setAttribute\('style'|setAttribute\('on/);
});

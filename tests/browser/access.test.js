import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faults } from './rig/browser.js';
import { furnished, quiet, refreshed, says } from './rig/fixture.js';
import { furnish, states } from './rig/states.js';

/** @type {Record<string, number>} */
let services = {};
const at = furnished(async (house) => { services = await furnish(house); });

/** @param {import('node:test').TestContext} t @param {import('./rig/states.js').State} state @param {object} [how] */
async function reached(t, state, how = {}) {
  const visitor = at.house.shop.visitor(state.visitor);
  const opened = await at.visit(t, services[state.service], { visitor, ...how });
  await state.reach?.(opened.page, at.house);
  return opened;
}

for (const state of states) {
  test(`MX-041 ${state.name}: no fault that axe-core knows, on a desktop and on a phone`, async (t) => {
    const { page, seen } = await reached(t, state);
    assert.deepEqual(await faults(page, '.hostler'), []);
    await page.setViewportSize({ width: 360, height: 740 });
    assert.deepEqual(await faults(page, '.hostler'), []);
    assert.deepEqual(seen.errors, []);
  });

  test(`MX-041 ${state.name}: everything fits into 360 pixels, and can be hit with a thumb`, async (t) => {
    const { page } = await reached(t, state, { width: 360, height: 740 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${wide} pixels too wide`);
    const small = await page.locator('.hostler :is(button, select, summary, input:not([type="hidden"]), nav a):visible').evaluateAll((all) => all
      .map((one) => ({ name: one.id || one.textContent?.trim().slice(0, 30), box: (one.closest('label') ?? one).getBoundingClientRect() }))
      .filter(({ box }) => box.width < 24 || box.height < 24)
      // A box beside its own label is hit by the label, too.
      .filter(({ name }) => name !== 'hostler-reinstall-sure')
      .map(({ name, box }) => `${name}: ${box.width}x${box.height}`));
    assert.deepEqual(small, []);
  });
}

for (const name of ['running', 'running-near-its-limits', 'secret-shown', 'system-searched', 'session-ended']) {
  test(`MX-041 ${name} in a dark theme: no fault that axe-core knows`, async (t) => {
    const state = /** @type {import('./rig/states.js').State} */ (states.find((one) => one.name === name));
    const { page } = await reached(t, state, { theme: 'bootstrap5-dark' });
    assert.deepEqual(await faults(page, '.hostler'), []);
  });
}

test('MX-041 with the keyboard alone: every control is reached in its order, is seen, and none holds the focus', async (t) => {
  const { page } = await at.visit(t, services.running);
  const expected = await page.locator('.hostler :is(a[href], button, input:not([type="hidden"]), select, textarea, summary):visible').evaluateAll((all) => all
    .filter((one) => !/** @type {any} */ (one).disabled && one.getAttribute('type') !== 'radio' && !one.closest('details:not([open]) > :not(summary)'))
    .map((one) => one.id || `${one.getAttribute('href') ?? ''}${one.tagName}${one.textContent?.trim()}`));
  assert.ok(expected.length > 20, String(expected.length));
  /** @type {string[]} */
  const met = [];
  for (let step = 0; step < expected.length + 30; step += 1) {
    await page.keyboard.press('Tab');
    const now = await page.evaluate(() => {
      const one = /** @type {any} */ (document.activeElement);
      if (!one?.closest('.hostler')) {
        return null;
      }
      const style = getComputedStyle(one);
      const box = one.getBoundingClientRect();
      return {
        id: one.id || `${one.getAttribute('href') ?? ''}${one.tagName}${one.textContent?.trim()}`,
        type: one.type,
        // Bootstrap marks fields by a shadow, everything else is marked by our outline.
        marked: (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== 'none',
        inside: box.bottom > 0 && box.top < window.innerHeight,
      };
    });
    if (now) {
      assert.ok(now.marked, `${now.id} shows no focus`);
      assert.ok(now.inside, `${now.id} has the focus outside of the window`);
      if (now.type !== 'radio') {
        met.push(now.id);
      }
    }
  }
  assert.deepEqual([...new Set(met)], expected);
});

test('MX-041 with the keyboard alone: choose a system, make a name, mask, jump, forget a secret', async (t) => {
  const { page, seen } = await at.visit(t, services.secret);
  await page.locator('#hostler-mask').focus();
  await page.keyboard.press('Space');
  assert.equal(await page.locator('#hostler-mask').getAttribute('aria-pressed'), 'true');
  await page.keyboard.press('Space');
  await page.locator('[data-hostler-suggest] button').first().focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.hostler-suggestions').isVisible(), false);
  assert.match(await page.evaluate(() => document.activeElement?.id ?? ''), /suggest$/);
  await page.locator('input[name="osId"]').first().focus();
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.locator('input[name="osId"]:checked').count(), 1);
  const state = /** @type {import('./rig/states.js').State} */ (states.find((one) => one.name === 'secret-shown'));
  await state.reach?.(page, at.house);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'hostler-secret-title');
  await page.locator('#hostler-secret-forget').focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#hostler-secret-box').isVisible(), false);
  assert.ok(await page.evaluate(() => document.activeElement?.closest('.hostler') !== null), 'the focus is not lost');
  quiet(seen, 1);
});

test('MX-041 a refresh moves neither the focus nor what was typed, chosen or opened', async (t) => {
  const { page } = await at.visit(t, services.running);
  await page.locator('input[name="osId"][value="47"]').check();
  await page.locator('#hostler-backups-older > summary').click();
  await page.locator('#hostler-name').fill('half-typed');
  for (let turn = 0; turn < 2; turn += 1) {
    await refreshed(page);
  }
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'hostler-name');
  assert.equal(await page.locator('#hostler-name').inputValue(), 'half-typed');
  assert.ok(await page.locator('input[name="osId"][value="47"]').isChecked());
  assert.ok(await page.locator('#hostler-backups-older').evaluate((one) => /** @type {any} */ (one).open));
});

test('MX-041 whoever wants less motion sees none', async (t) => {
  const { page } = await at.visit(t, services.running, { calm: true });
  await page.route('**/client.php?*action=powerAction*', () => new Promise(() => {}));
  await page.locator('#hostler-power-restart').click();
  await page.locator('[aria-busy="true"]').waitFor();
  const moving = await page.evaluate(() => document.getAnimations().filter((one) => /** @type {any} */ (one.effect)?.target?.closest('.hostler')).length);
  assert.equal(moving, 0);
  // At once: from where it was to where it ends, with nothing between.
  const places = page.evaluate(() => new Promise((resolve) => {
    /** @type {number[]} */
    const met = [];
    window.addEventListener('scroll', () => met.push(window.scrollY));
    window.addEventListener('scrollend', () => resolve(met), { once: true });
  }));
  await page.locator('#hostler-sections a:visible').last().click();
  const met = /** @type {number[]} */ (await places);
  assert.equal(new Set(met).size, 1, met.join());
});

test('MX-041 what is said is in a polite live region that was there from the start', async (t) => {
  const { page } = await at.visit(t, services.running);
  const place = page.locator('[data-hostler-announce]');
  assert.equal(await place.getAttribute('aria-live'), 'polite');
  assert.equal(await place.innerText(), '');
  await page.locator('#hostler-copy-1').click();
  await says(page, /./);
  await page.keyboard.press('Escape');
  assert.equal(await place.innerText(), '');
});

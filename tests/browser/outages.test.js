import assert from 'node:assert/strict';
import { test } from 'node:test';
import { furnished, quiet, says } from './rig/fixture.js';
import { readings } from './rig/readings.js';

const at = furnished();
const again = (/** @type {import('playwright-core').Page} */ page) => page.evaluate(() => window.dispatchEvent(new Event('focus')));

test('VF-197 the engine is gone while a page is open: what is known stays, it is said, and it heals by itself', async (t) => {
  const service = await at.house.shop.order();
  const { page, seen } = await at.visit(t, service);
  const address = await page.locator('#hostler-addresses code').first().innerText();
  await at.house.without(async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      const answer = page.waitForResponse((one) => one.url().includes('fragment=live'));
      await again(page);
      assert.equal((await answer).status(), 503);
    }
    await says(page, /refreshed/i);
    assert.equal(await page.locator('#hostler-addresses code').first().innerText(), address);
    await page.locator('#hostler-power-restart').click();
    await says(page, /shown right now|refreshed/i);
  });
  await again(page);
  await page.waitForFunction(() => document.querySelector('[data-hostler-announce]')?.textContent === '');
  quiet(seen);
});

test('VF-197 the engine is gone before a page is opened: one sentence, and no half page', async (t) => {
  const service = await at.house.shop.order();
  await at.house.without(async () => {
    const { page } = await at.visit(t, service);
    assert.match(await page.locator('#rig-sentence').innerText(), /try again/i);
    assert.equal(await page.locator('.hostler').count(), 0);
  });
});

test('MX-043 GX-008 the platform is down: last known values with their age, a note, and an intent that is kept', async (t) => {
  const service = await at.house.shop.order();
  await at.house.plant(service, readings(), { age: 700 });
  await at.house.withoutPanel(async () => {
    const { page, seen } = await at.visit(t, service);
    assert.match(await page.locator('#hostler-state').innerText(), /1\d minutes ago/);
    assert.match(await page.locator('#hostler-state [role="note"]').innerText(), /last that is known/);
    assert.match(await page.locator('#hostler-addresses').innerText(), /198\.18\./);
    await page.locator('#hostler-power-restart').click();
    await page.locator('#hostler-progress').filter({ hasText: /Restarting/ }).waitFor();
    assert.equal(await page.locator('[aria-busy="true"]').count(), 0);
    quiet(seen);
  });
  await at.house.shop.calm(service);
});

test('VF-197 what was not read yet says so, in the place where it will be', async (t) => {
  await at.house.withoutPanel(async () => {
    const service = at.house.shop.enter();
    await at.house.shop.call(service, 'CreateAccount');
    const { page } = await at.visit(t, service);
    assert.match(await page.locator('#hostler-state').innerText(), /Being set up|Not set up/);
    assert.match(await page.locator('#hostler-addresses').innerText(), /appear here/);
    assert.ok(await page.locator('#hostler-power-boot').isDisabled());
  });
});

test('VF-197 progress is shown step by step, told once each, and the page fills itself when it is ready', async (t) => {
  /** @type {number} */
  let service = 0;
  await at.house.withoutPanel(async () => {
    service = at.house.shop.enter();
    await at.house.shop.call(service, 'CreateAccount');
  });
  const { page, seen } = await at.visit(t, service);
  await page.evaluate(() => {
    const told = /** @type {any} */ (window).told = /** @type {string[]} */ ([]);
    const place = /** @type {Element} */ (document.querySelector('[data-hostler-announce]'));
    new MutationObserver(() => told.push(place.textContent ?? '')).observe(place, { childList: true, characterData: true, subtree: true });
  });
  await at.house.shop.until(service, 'CreateAccount');
  await page.locator('#hostler-addresses code').first().waitFor({ timeout: 60_000 });
  await page.locator('#hostler-state').filter({ hasText: 'Running' }).waitFor({ timeout: 60_000 });
  const told = await page.evaluate(() => /** @type {any} */ (window).told.filter((text) => text !== ''));
  assert.equal(new Set(told).size, told.length, told.join(' | '));
  quiet(seen);
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faults, open, visit } from './rig/browser.js';
import { openDemo } from './rig/demo.js';
import { quiet, says } from './rig/fixture.js';

/** @type {Awaited<ReturnType<typeof openDemo>>} */
let demo;
/** @type {import('playwright-core').Browser} */
let browser;
before(async () => { [demo, browser] = await Promise.all([openDemo(), open()]); }, { timeout: 120_000 });
after(async () => { await browser?.close(); await demo?.close(); }, { timeout: 120_000 });

/** @param {import('playwright-core').Page} page */
async function order(page) {
  await page.goto(`${demo.url}order`);
  await page.locator('main button').click();
  await page.waitForURL(/clientarea\.php/);
  await page.locator('#hostler-state').filter({ hasText: 'Running' }).waitFor({ timeout: 90_000 });
}

test('GX-008 in the demo a machine is ordered, comes up before one\'s eyes and is switched, under the strictest policy', async (t) => {
  const { page, around, seen } = await visit(browser);
  t.after(() => around.close());
  await order(page);
  await page.locator('#hostler-power-boot:not([disabled])').waitFor({ timeout: 60_000 });
  await page.locator('#hostler-power-restart').click();
  await says(page, /restart/i);
  quiet(seen);
});

for (const dark of [false, true]) {
  test(`MX-041 the demo's own pages: no fault that axe-core knows, ${dark ? 'dark' : 'light'}`, async (t) => {
    const { page, around, seen } = await visit(browser, { dark });
    t.after(() => around.close());
    await order(page);
    const server = page.url();
    for (const address of [server, demo.url, `${demo.url}order`, `${demo.url}faults`, `${demo.url}operator`]) {
      await page.goto(address);
      assert.deepEqual(await faults(page), [], address);
      await page.setViewportSize({ width: 360, height: 740 });
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${address} is too wide`);
      await page.setViewportSize({ width: 1280, height: 900 });
    }
    quiet(seen);
  });
}

// One house and one browser for the tests of a file, and what most of them ask of a page.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { open, visit } from './browser.js';
import { House } from './house.js';

/** How long the rig may take to stand. */
const PATIENCE = 120_000;

/**
 * Opens a house before the tests of a file and closes it after them.
 * @param {(house: House) => Promise<void>} [furnish] what is done once before the first test
 */
export function furnished(furnish) {
  /** @type {{house: House, browser: import('playwright-core').Browser, visit: typeof enter}} */
  const at = /** @type {any} */ ({});
  before(async () => {
    at.house = await House.open();
    at.browser = await open();
    await furnish?.(at.house);
  }, { timeout: PATIENCE });
  after(async () => {
    await at.browser?.close();
    await at.house?.close();
  }, { timeout: PATIENCE });

  /**
   * Opens the page of a service, and closes it when the test ends.
   * @param {import('node:test').TestContext} test
   * @param {number} service
   * @param {Parameters<typeof visit>[1] & {theme?: string, before?: (page: import('playwright-core').Page) => Promise<void>}} [how]
   */
  async function enter(test, service, how = {}) {
    const { shop } = at.house;
    const visitor = how.visitor === undefined ? shop.visitor() : how.visitor;
    const opened = await visit(at.browser, { shop, ...how, visitor });
    test.after(() => opened.around.close());
    await how.before?.(opened.page);
    await opened.page.goto(shop.address(service, how.theme));
    return { ...opened, visitor };
  }
  at.visit = enter;
  return at;
}

/**
 * What the page says to whoever looks or listens.
 * @param {import('playwright-core').Page} page
 * @param {RegExp} expected
 */
export async function says(page, expected) {
  const place = page.locator('[data-hostler-announce]');
  await place.filter({ hasText: expected }).waitFor().catch(async (error) => {
    throw new Error(`the page says "${await place.textContent()}" and not ${expected}`, { cause: error });
  });
}

/** How often a page is told to ask, which no engine says. */
const NEVER = '86400000';

/**
 * Has a page ask anew, and waits until the answer is shown: the last thing that it changes is how often it asks.
 * @param {import('playwright-core').Page} page
 */
export async function refreshed(page) {
  await page.evaluate((never) => {
    document.querySelector('[data-hostler-every]')?.setAttribute('data-hostler-every', never);
    window.dispatchEvent(new Event('focus'));
  }, NEVER);
  await page.waitForFunction((never) => document.querySelector('[data-hostler-every]')?.getAttribute('data-hostler-every') !== never, NEVER);
}

/** No script came in, no dialog that is not ours was opened, no rule of the policy was broken. @param {{dialogs: string[], errors: string[]}} seen */
export function quiet(seen, dialogs = 0) {
  assert.deepEqual(seen.errors, []);
  assert.equal(seen.dialogs.length, dialogs, seen.dialogs.join(' | '));
}

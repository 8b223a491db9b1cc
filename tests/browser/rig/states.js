// The states that a client's page can be in, and how each is reached: for what has to hold in all of them, and for
// their pictures.
import { readings } from './readings.js';

/**
 * @typedef {import('./house.js').House} House
 * @typedef {import('playwright-core').Page} Page
 * @typedef {{name: string, service: string, visitor?: object, theme?: string, reach?: (page: Page, house: House) => Promise<void>}} State
 */

/** @param {string} state @param {...string} hosts */
const seen = (state, ...hosts) => ({ state, hosts, ttl: 3600, place: null, why: 'what staff reads' });

/** Addresses whose names are in every state, and a prefix with a host inside. */
export const NAMED = {
  machine: { ipv4: ['198.18.0.2', '198.18.0.3', '198.18.0.4', '198.18.0.5', '198.18.0.6', '198.18.0.7', '198.18.0.8'], ipv6: ['2001:db8:7::/64'] },
  names: {
    '198.18.0.2': seen('confirmed', 'web.example.test'),
    '198.18.0.3': seen('unconfirmed', 'mail.example.test'),
    '198.18.0.4': seen('unchecked', 'db.example.test'),
    '198.18.0.5': seen('missing'),
    '198.18.0.6': seen('no_forward'),
    '198.18.0.7': seen('no_zone'),
    '2001:db8:7::5': seen('confirmed', 'host.example.test'),
  },
};

/**
 * Brings about the services that the states are of, then takes the panel away: what is shown is what was put there.
 * @param {House} house
 * @returns {Promise<Record<string, number>>}
 */
export async function furnish(house) {
  const { shop } = house;
  const running = await shop.order({ selfService: 1 });
  const high = await shop.order({ selfService: 1 });
  const bare = await shop.order();
  const stale = await shop.order();
  const secret = await shop.order();
  const suspended = await shop.order();
  await shop.suspend(suspended);
  const ended = await shop.order();
  await shop.terminate(ended);
  await house.nameServer();
  await house.plant(running, readings(), { machine: { name: 'web', ...NAMED.machine }, names: NAMED.names });
  await house.plant(high, readings({ level: 'high' }), { machine: { name: 'db', ipv6: [] } });
  await house.plant(stale, readings(), { age: 700 });
  await house.plant(secret, readings());
  await house.sim('POST', '/outage', { outage: 'refused', seconds: 3600 });
  const building = shop.enter();
  await shop.call(building, 'CreateAccount');
  const unheard = shop.enter();
  return { running, high, bare, stale, secret, suspended, ended, building, unheard };
}

/** An answer that only the platform could give, given in its place. @param {Page} page @param {string} action @param {object} body */
const answer = (page, action, body, status = 200) =>
  page.route(`**/client.php?*action=${action}*`, (route) => route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(body) }));

/** @type {State[]} */
export const states = [
  { name: 'running', service: 'running' },
  { name: 'running-near-its-limits', service: 'high' },
  { name: 'nothing-read-yet', service: 'bare' },
  { name: 'platform-silent', service: 'stale' },
  { name: 'suspended', service: 'suspended' },
  { name: 'ended', service: 'ended' },
  { name: 'being-set-up', service: 'building' },
  { name: 'not-set-up', service: 'unheard' },
  { name: 'may-only-look', service: 'running', visitor: { permissions: ['products'] } },
  { name: 'masked', service: 'running', reach: async (page) => { await page.locator('[data-hostler-mask]').click(); } },
  { name: 'in-german', service: 'running', visitor: { language: 'german' } },
  {
    name: 'names-suggested', service: 'running',
    reach: async (page) => { await page.locator('[data-hostler-suggest] button').first().click(); },
  },
  {
    name: 'name-refused', service: 'running',
    reach: async (page) => {
      await answer(page, 'rename', { success: false, errors: 'A name has 1 to 63 characters.' }, 400);
      await page.locator('#hostler-rename-save').click();
      await page.locator('#hostler-name[aria-invalid="true"]').waitFor();
    },
  },
  {
    name: 'name-of-an-address-refused', service: 'running',
    reach: async (page) => {
      await answer(page, 'rdnsUpdate', { success: false, errors: 'mail.example.test does not lead to 198.18.0.3.', field: 'ptr' }, 400);
      await page.locator('#hostler-rdns-save-198-18-0-3').click();
      await page.locator('#hostler-rdns-host-198-18-0-3[aria-invalid="true"]').waitFor();
    },
  },
  {
    name: 'host-added', service: 'running',
    reach: async (page) => { await page.locator('#hostler-rdns-add-net-2001-db8-7---64 > summary').click(); },
  },
  {
    name: 'secret-shown', service: 'secret',
    reach: async (page) => {
      await answer(page, 'resetServerPassword', { success: true, data: { operation: 'op_0', state: 'succeeded', message: 'The new password is set.', secret: { name: 'root', password: 'fresh-Secret-7' } } });
      await page.locator('#hostler-reset-server').click();
      await page.locator('#hostler-secret-box:not([hidden])').waitFor();
    },
  },
  {
    name: 'system-searched', service: 'running',
    reach: async (page) => { await page.locator('#hostler-system-search').fill('ubuntu'); },
  },
  {
    name: 'key-made', service: 'running',
    reach: async (page) => {
      await page.locator('#hostler-key').selectOption('__new__');
      await page.locator('[data-hostler-keygen] button').first().click();
      await page.locator('[data-hostler-kept]').waitFor();
    },
  },
  {
    name: 'power-sent', service: 'running',
    reach: async (page) => {
      await page.route('**/client.php?*action=powerAction*', () => new Promise(() => {}));
      await page.locator('#hostler-power-restart').click();
      await page.locator('[aria-busy="true"]').waitFor();
    },
  },
  {
    name: 'session-ended', service: 'running',
    reach: async (page) => {
      await answer(page, 'powerAction', { success: false, errors: 'unauthenticated' }, 401);
      await page.locator('#hostler-power-restart').click();
      await page.locator('[data-hostler-announce]:not(:empty)').waitFor();
    },
  },
];

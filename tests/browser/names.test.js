import assert from 'node:assert/strict';
import { test } from 'node:test';
import { furnished, quiet, refreshed, says } from './rig/fixture.js';
import { until } from './rig/processes.js';
import { readings } from './rig/readings.js';
import { NAMED } from './rig/states.js';

let service = 0;
const at = furnished(async (house) => {
  service = await house.shop.order();
  await house.nameServer();
  await house.plant(service, readings(), NAMED);
  // What was put into the store is not to be read over while it is looked at.
  await house.sim('POST', '/outage', { outage: 'refused', seconds: 3600 });
  const owner = house.shop.visitor();
  await until(async () => {
    const { data } = await house.shop.call(service, 'ClientArea', {}, owner);
    return data?.rdns_enabled && data.html.includes('id="hostler-rdns"');
  }, 'the engine knows its name server');
});

/** Answers given in the place of the engine, one after the other; what was posted comes back. @param {import('playwright-core').Page} page @param {[number, object][]} answers */
async function answering(page, answers) {
  /** @type {URLSearchParams[]} */
  const posted = [];
  await page.route('**/client.php?*action=rdnsUpdate*', (route) => {
    const [status, body] = answers[Math.min(posted.length, answers.length - 1)];
    posted.push(new URLSearchParams(route.request().postData() ?? ''));
    return route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(body) });
  });
  return posted;
}

const SET = /** @type {[number, object]} */ ([200, { success: true, data: { reason: 'written', operation: 'op_0', state: 'succeeded', message: 'The name is set.' } }]);

test('VF-218 every address has a row with its name, its badge and what can be done, without a script', async (t) => {
  const { page, seen } = await at.visit(t, service, { script: false });
  const panel = page.locator('#hostler-rdns');
  const badges = await panel.locator('.hostler-badge').allInnerTexts();
  assert.deepEqual(badges, ['network', 'confirmed', 'confirmed', 'leads elsewhere', 'not checked', 'no name', 'no forward record', 'no zone', 'not looked yet']);
  assert.equal(await page.locator('#hostler-rdns-host-198-18-0-2').inputValue(), 'web.example.test');
  assert.equal(await page.locator('#hostler-rdns-host-198-18-0-2').getAttribute('maxlength'), '253');
  assert.equal(await page.locator('#hostler-rdns-host-2001-db8-7--5').inputValue(), 'host.example.test');
  assert.match(await panel.innerText(), /Create an A record for mail\.example\.test that leads to 198\.18\.0\.3, then save again\./);
  assert.doesNotMatch(await page.content(), /what staff reads/);
  assert.ok(await page.locator('#hostler-rdns-save-198-18-0-7').isDisabled());
  quiet(seen);
});

test('VF-218 VF-222 the navigation leads to the panel', async (t) => {
  const { page } = await at.visit(t, service);
  await page.locator('#hostler-sections a[data-hostler-target="hostler-rdns"]').click();
  assert.equal(new URL(page.url()).hash, '#hostler-rdns');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'hostler-rdns');
});

test('VF-218 Enter saves; a refusal is marked and said at its row until it is typed anew, and the list is fetched again', async (t) => {
  const { page, seen } = await at.visit(t, service);
  const said = 'mail.example.test does not lead to 198.18.0.5.';
  const posted = await answering(page, [[400, { success: false, errors: said, field: 'ptr' }], SET]);
  const field = page.locator('#hostler-rdns-host-198-18-0-5');
  await field.fill('mail.example.test');
  const fetched = page.waitForResponse((one) => one.url().includes('fragment=live'));
  await field.press('Enter');
  await says(page, /does not lead to/);
  await (await fetched).finished();
  assert.equal(await field.getAttribute('aria-invalid'), 'true');
  const place = page.locator('#hostler-rdns-form-198-18-0-5 [data-hostler-said]');
  assert.equal(await place.innerText(), said);
  assert.equal(await page.locator('#hostler-rdns-host-198-18-0-6').getAttribute('aria-invalid'), null);
  assert.equal(await field.inputValue(), 'mail.example.test');
  assert.equal(posted[0].get('ip'), '198.18.0.5');
  assert.equal(posted[0].get('ptr'), 'mail.example.test');
  assert.equal(posted[0].get('hostler_return'), null);
  await field.pressSequentially('x');
  assert.equal(await field.getAttribute('aria-invalid'), null);
  assert.equal(await place.isVisible(), false);
  const again = page.waitForResponse((one) => one.url().includes('fragment=live'));
  await page.locator('#hostler-rdns-save-198-18-0-5').click();
  await says(page, /The name is set\./);
  await (await again).finished();
  // Each page of the engine's brings a one-time token of its own.
  assert.notEqual(posted[1].get('hostler_once'), posted[0].get('hostler_once'));
  quiet(seen);
});

test('VF-218 a host is named inside of its prefix: both fields are needed, and they are empty again', async (t) => {
  const { page, seen } = await at.visit(t, service);
  const posted = await answering(page, [[400, { success: false, errors: 'This is no address.', field: 'ip' }], SET]);
  await page.locator('#hostler-rdns-add-net-2001-db8-7---64 > summary').click();
  const [address, host, save] = ['ip', 'host', 'save'].map((part) => page.locator(`#hostler-rdns-${part}-net-2001-db8-7---64`));
  await address.fill('2001:db8:7::zz');
  await save.click();
  assert.ok(await host.evaluate((one) => /** @type {any} */ (one).validity.valueMissing));
  assert.equal(posted.length, 0);
  await host.fill('new.example.test');
  await save.click();
  await says(page, /This is no address\./);
  assert.equal(await address.getAttribute('aria-invalid'), 'true');
  assert.equal(await host.getAttribute('aria-invalid'), null);
  await address.fill('2001:db8:7::9');
  await save.click();
  await says(page, /The name is set\./);
  assert.equal(posted[1].get('ip'), '2001:db8:7::9');
  assert.equal(await address.inputValue(), '');
  assert.equal(await host.inputValue(), '');
  // A refresh leaves the form open for the next one.
  await refreshed(page);
  assert.ok(await save.isVisible());
  quiet(seen);
});

test('VF-218 what is being typed in one row survives a refresh, and the rows are in their order after a reload', async (t) => {
  const { page } = await at.visit(t, service);
  const field = page.locator('#hostler-rdns-host-198-18-0-6');
  await field.fill('half-typed.example');
  await refreshed(page);
  assert.equal(await field.inputValue(), 'half-typed.example');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'hostler-rdns-host-198-18-0-6');
  const rows = () => page.locator('.hostler-names > li').evaluateAll((all) => all.map((one) => one.id));
  const before = await rows();
  await page.reload();
  assert.deepEqual(await rows(), before);
  assert.equal(before[0], 'hostler-rdns-net-2001-db8-7---64');
  assert.equal(before[1], 'hostler-rdns-2001-db8-7--5');
});

test('VF-218 without a script a form is an ordinary post, answered by a sentence with a way back', async (t) => {
  const { page } = await at.visit(t, service, { script: false });
  await page.locator('#hostler-rdns-host-198-18-0-2').fill('other.example.test');
  await page.locator('#hostler-rdns-save-198-18-0-2').click();
  // The panel cannot be asked whose the address is.
  assert.match(await page.locator('body').innerText(), /could not be looked at just now/);
  assert.match(await page.locator('a').getAttribute('href') ?? '', /productdetails&id=\d+/);
});

test('VF-203 VF-218 the mask covers addresses, names and what is said of them', async (t) => {
  const { page } = await at.visit(t, service);
  await page.locator('[data-hostler-mask]').click();
  const text = await page.locator('#hostler-rdns').innerText();
  assert.doesNotMatch(text, /198\.18\.0\.\d|mail\.example\.test/);
  assert.match(text, /198\.18\.•••\.•••/);
  assert.equal(await page.locator('#hostler-rdns-host-198-18-0-2').evaluate((field) => getComputedStyle(field).webkitTextSecurity), 'disc');
});

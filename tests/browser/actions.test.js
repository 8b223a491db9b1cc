import assert from 'node:assert/strict';
import { test } from 'node:test';
import { furnished, quiet, says } from './rig/fixture.js';
import { readings } from './rig/readings.js';

const at = furnished();

/** A fresh service: intervals between actions are per service. */
const fresh = (/** @type {object} */ what = {}) => at.house.shop.order(what);
/** Addresses and bodies of what a page posts. @param {import('playwright-core').Page} page */
const posts = (page) => {
  /** @type {{url: string, form: URLSearchParams}[]} */
  const seen = [];
  page.on('request', (request) => request.method() === 'POST'
    && seen.push({ url: request.url(), form: new URLSearchParams(request.postData() ?? '') }));
  return seen;
};

test('VF-213 GX-008 power: all four rest and one turns while it is sent, and for three seconds more', async (t) => {
  const service = await fresh();
  const { page, seen } = await at.visit(t, service);
  /** @type {() => void} */
  let go = () => {};
  const held = new Promise((resolve) => { go = () => resolve(undefined); });
  await page.route('**/client.php?*action=powerAction*', async (route) => { await held; await route.continue(); });
  const sent = posts(page);
  const button = page.locator('#hostler-power-restart');
  await button.click();
  await page.locator('#hostler-power-restart[aria-busy="true"]').waitFor();
  for (const action of ['boot', 'restart', 'shutdown', 'poweroff']) {
    assert.equal(await page.locator(`#hostler-power-${action}`).getAttribute('aria-disabled'), 'true', action);
  }
  await button.click({ force: true });
  go();
  await says(page, /restart/i);
  assert.equal(await button.getAttribute('aria-busy'), null);
  assert.equal(sent.length, 1);
  assert.equal(sent[0].form.get('hostler_return'), null);
  assert.equal(sent[0].form.get('powerAction'), 'restart');
  assert.ok(await page.locator('#hostler-power-boot').evaluate((one) => one.getAttribute('aria-disabled') === 'true' || /** @type {any} */ (one).disabled));
  await page.waitForFunction(() => !document.querySelector('#hostler-power-boot[aria-disabled]'));
  quiet(seen);
});

test('VF-213 what cuts the power is asked for first, and a no sends nothing', async (t) => {
  const service = await fresh();
  const { page, seen } = await at.visit(t, service);
  const sent = posts(page);
  seen.answer = false;
  await page.locator('#hostler-power-poweroff').click();
  assert.deepEqual(sent, []);
  quiet(seen, 1);
  seen.answer = true;
  await page.locator('#hostler-power-poweroff').click();
  await says(page, /power/i);
  assert.equal(sent.length, 1);
});

test('VF-213 MX-106 too soon is refused, with how long to wait', async (t) => {
  const service = await fresh();
  const { page } = await at.visit(t, service);
  const refreshed = page.waitForResponse((one) => one.url().includes('fragment=live'));
  await page.locator('#hostler-power-restart').click();
  await says(page, /restart/i);
  await (await refreshed).finished();
  // Past the buttons, which rest meanwhile: the engine judges by itself.
  const answer = await page.locator('#hostler-power-boot').evaluate(async (button) => {
    const form = /** @type {HTMLFormElement} */ (/** @type {HTMLButtonElement} */ (button).form);
    const fields = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    fields.delete('hostler_return');
    const answer = await fetch(form.action, { method: 'POST', body: fields });
    return { status: answer.status, body: await answer.json() };
  });
  assert.equal(answer.status, 429);
  assert.match(answer.body.errors, /\d+ s/);
});

test('VF-202 MX-031 a name is saved: frozen while it is sent, told, and there after a reload', async (t) => {
  const service = await fresh();
  const { page, seen } = await at.visit(t, service);
  await page.locator('#hostler-name').fill('brave-edge-42');
  await page.locator('#hostler-name').press('Enter');
  await says(page, /name/i);
  await at.house.shop.calm(service);
  await page.reload();
  assert.equal(await page.locator('#hostler-name').inputValue(), 'brave-edge-42');
  quiet(seen);
});

test('VF-202 a name that is none is marked, with the engine\'s words beside it', async (t) => {
  const service = await fresh();
  const { page } = await at.visit(t, service);
  const field = page.locator('#hostler-name');
  assert.equal(await field.getAttribute('maxlength'), '63');
  await field.fill('');
  await page.locator('#hostler-rename-save').click();
  assert.ok(await field.evaluate((one) => /** @type {any} */ (one).validity.valueMissing));
  await field.evaluate((one) => one.removeAttribute('maxlength'));
  await field.fill('x'.repeat(64));
  await page.locator('#hostler-rename-save').click();
  await says(page, /63/);
  assert.equal(await field.getAttribute('aria-invalid'), 'true');
  await field.fill('short');
  assert.equal(await field.getAttribute('aria-invalid'), null);
});

for (const [row, id, action] of [['VF-215', 'server', 'resetServerPassword'], ['VF-214', 'account', 'resetPassword']]) {
  test(`${row} a new password is asked for, shown once, copied and forgotten (${action})`, async (t) => {
    const service = await fresh();
    const { page, seen } = await at.visit(t, service);
    const box = page.locator('#hostler-secret-box');
    assert.equal(await box.isVisible(), false);
    await page.locator(`#hostler-reset-${id}`).click();
    // At once, or where it took longer behind a button of its own.
    await page.locator('#hostler-secret-box:not([hidden]), [data-hostler-secret] button').first().waitFor({ timeout: 40_000 });
    if (!await box.isVisible()) {
      await page.locator('[data-hostler-secret] button').click();
      await box.waitFor();
    }
    const password = await page.locator('#hostler-secret-password').innerText();
    assert.ok(password.length >= 8, password.length.toString());
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'hostler-secret-title');
    await page.locator('#hostler-secret-copy').click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), password);
    await page.locator('#hostler-secret-forget').click();
    assert.equal(await box.isVisible(), false);
    assert.ok(!(await page.content()).includes(password));
    await page.reload();
    assert.ok(!(await page.content()).includes(password));
    assert.equal(await page.locator('[data-hostler-secret]').count(), 0);
    quiet(seen, 1);
  });
}

test('VF-217 reinstall: consent, seconds beside the button, progress on the page, and rest', async (t) => {
  const service = await fresh();
  // What can be installed is read when somebody looks; that is not to be waited for.
  await at.house.plant(service, readings());
  const { page, seen } = await at.visit(t, service);
  /** @type {() => void} */
  let go = () => {};
  const held = new Promise((resolve) => { go = () => resolve(undefined); });
  await page.route('**/client.php?*action=rebuild*', async (route) => { await held; await route.continue(); });
  const sent = posts(page);
  await page.locator('input[name="osId"][value="46"]').check();
  await page.locator('#hostler-hostname').fill('again.example.test');
  await page.locator('#hostler-reinstall-sure').check();
  await page.locator('#hostler-reinstall-submit').click();
  await page.locator('.hostler-elapsed').filter({ hasText: /\b1\b/ }).waitFor();
  go();
  await page.locator('#hostler-progress:not(.hostler-nothing)').waitFor();
  assert.equal(sent.length, 1);
  assert.equal(sent[0].form.get('osId'), '46');
  assert.equal(sent[0].form.get('hostname'), 'again.example.test');
  await page.locator('.hostler-elapsed').waitFor({ state: 'detached' });
  const button = page.locator('#hostler-reinstall-submit');
  assert.ok(await button.evaluate((one) => one.getAttribute('aria-disabled') === 'true' || /** @type {any} */ (one).disabled));
  assert.equal(await page.locator('#hostler-reinstall-sure').isChecked(), false);
  await page.locator('#hostler-progress').filter({ hasText: /done/i }).waitFor({ timeout: 60_000 });
  quiet(seen);
});

test('MX-106 a spent token is refused, and the page has a fresh one by then', async (t) => {
  const service = await fresh();
  const { page } = await at.visit(t, service);
  const first = page.waitForRequest((request) => request.url().includes('action=powerAction'));
  await page.locator('#hostler-power-restart').click();
  const request = await first;
  await says(page, /restart/i);
  const again = await page.evaluate(async ({ url, body }) => {
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
    return { status: answer.status, body: await answer.json() };
  }, { url: request.url(), body: request.postData() ?? '' });
  assert.equal(again.status, 403);
  assert.equal(again.body.success, false);
  const spent = new URLSearchParams(request.postData() ?? '').get('hostler_once');
  await page.waitForFunction((old) => document.querySelector('input[name="hostler_once"]')?.getAttribute('value') !== old, spent);
});

test('MX-106 a form of another site reaches nothing', async (t) => {
  const service = await fresh();
  const { page, around } = await at.visit(t, service);
  const form = await page.locator('#hostler-power-poweroff').evaluate((button) => {
    const own = /** @type {HTMLButtonElement} */ (button).form;
    return { action: /** @type {HTMLFormElement} */ (own).action, fields: [...new FormData(/** @type {HTMLFormElement} */ (own))].map(([name, value]) => [name, String(value)]) };
  });
  const evil = await around.newPage();
  // Even with tokens that were stolen.
  await evil.route('http://evil.example/', (route) => route.fulfill({
    contentType: 'text/html',
    body: `<form id="f" method="post" action="${form.action}">${form.fields.map(([name, value]) => `<input name="${name}" value="${value}">`).join('')}</form>`,
  }));
  await evil.goto('http://evil.example/');
  const [answer] = await Promise.all([
    evil.waitForResponse((one) => one.url().includes('action=powerAction')),
    evil.locator('#f').evaluate((one) => /** @type {HTMLFormElement} */ (one).submit()),
  ]);
  // Known by its session, which a browser still sends along so soon after the sign-in, and refused all the same.
  assert.equal(answer.status(), 403);
  await page.reload();
  assert.doesNotMatch(await page.locator('#hostler-progress').innerText(), /power/i);
});

test('MX-106 a form without its token, and one of another service, are refused', async (t) => {
  const [one, other] = [await fresh(), await fresh()];
  const { page } = await at.visit(t, one);
  const token = await page.locator('input[name="hostler_token"]').first().getAttribute('value');
  const once = await page.locator('input[name="hostler_once"]').first().getAttribute('value');
  const post = (/** @type {number} */ service, /** @type {Record<string, string>} */ fields) => page.evaluate(async ({ service, fields }) => {
    const answer = await fetch(`/modules/servers/VirtFusionDirect/client.php?serviceID=${service}&action=powerAction`, { method: 'POST', body: new URLSearchParams(fields) });
    return answer.status;
  }, { service, fields });
  assert.equal(await post(one, { powerAction: 'restart' }), 403);
  assert.equal(await post(other, { powerAction: 'restart', hostler_token: token ?? '', hostler_once: once ?? '' }), 403);
  assert.equal(await page.evaluate(async (service) => (await fetch(`/modules/servers/VirtFusionDirect/client.php?serviceID=${service}&action=powerAction`)).status, one), 405);
});

test('MX-106 two tabs of one session act side by side', async (t) => {
  const service = await fresh();
  const { page, around, seen } = await at.visit(t, service);
  const second = await around.newPage();
  await second.goto(page.url());
  await page.locator('#hostler-name').fill('from-the-first');
  await second.locator('#hostler-power-restart').click();
  await says(second, /restart/i);
  await page.locator('#hostler-rename-save').click();
  await says(page, /name/i);
  // The first tab hears of what the second one did.
  await page.locator('#hostler-history').filter({ hasText: /Restarting/i }).waitFor({ timeout: 30_000 });
  quiet(seen);
});

test('MX-106 an ended session is said, asked about no more, and nothing is done', async (t) => {
  const service = await fresh();
  // The page's clock is ours: that nothing is asked any more is not waited for.
  const { page, around, visitor } = await at.visit(t, service, { before: (page) => page.clock.install() });
  at.house.shop.visitors.delete(/** @type {any} */ (visitor).session);
  // The look that follows every answer is the last one.
  const last = page.waitForResponse((one) => one.url().includes('fragment=live') && one.status() === 401);
  await page.locator('#hostler-power-restart').click();
  await last;
  await says(page, /signed in/i);
  let asked = 0;
  page.on('request', () => { asked += 1; });
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await page.clock.runFor(120_000);
  assert.equal(asked, 0);
  assert.ok(around.pages().length === 1);
});

test('MX-106 another client\'s service shows and does nothing', async (t) => {
  const theirs = await fresh({ client: 2 });
  const { page } = await at.visit(t, await fresh());
  for (const query of ['fragment=live', 'fragment=client-area', 'fragment=history', 'action=serverData']) {
    const answer = await page.evaluate(async (url) => {
      const one = await fetch(url);
      return { status: one.status, text: await one.text() };
    }, `/modules/servers/VirtFusionDirect/client.php?serviceID=${theirs}&${query}`);
    assert.equal(answer.status, 403, query);
    assert.ok(!answer.text.includes(`web${theirs}`), query);
  }
  const opened = await at.visit(t, theirs);
  assert.equal(await opened.page.locator('.hostler').count(), 0);
});

test('MX-106 a user who may only look sees everything and can press nothing, with the reason', async (t) => {
  const service = await fresh();
  const visitor = at.house.shop.visitor({ permissions: ['products'] });
  const { page } = await at.visit(t, service, { visitor });
  assert.match(await page.locator('#hostler-power').innerText(), /owner/i);
  const pressable = await page.locator('.hostler form[method="post"] button[type="submit"], #hostler-reinstall-submit').evaluateAll((buttons) =>
    buttons.filter((button) => !/** @type {any} */ (button).disabled).map((button) => button.id));
  assert.deepEqual(pressable, []);
  assert.match(await page.locator('#hostler-addresses').innerText(), /198\.18\./);
  const status = await page.evaluate(async ({ service, token, once }) => {
    const answer = await fetch(`/modules/servers/VirtFusionDirect/client.php?serviceID=${service}&action=rename`, {
      method: 'POST', body: new URLSearchParams({ name: 'x', hostler_token: token ?? '', hostler_once: once ?? '' }),
    });
    return answer.status;
  }, {
    service,
    token: await page.locator('input[name="hostler_token"]').first().getAttribute('value'),
    once: await page.locator('input[name="hostler_once"]').first().getAttribute('value'),
  });
  assert.equal(status, 403);
});

test('VF-194 MX-106 a suspended service is shown, and nothing of it can be switched', async (t) => {
  const service = await fresh();
  const before = await at.visit(t, service);
  await at.house.shop.suspend(service);
  // A page from before it is refused in the engine's words.
  await before.page.locator('#hostler-power-boot').click({ force: true });
  await says(before.page, /suspended/i);
  const { page } = await at.visit(t, service);
  assert.match(await page.locator('#hostler-state').innerText(), /suspended/i);
  for (const action of ['boot', 'restart', 'shutdown', 'poweroff']) {
    assert.ok(await page.locator(`#hostler-power-${action}`).isDisabled(), action);
  }
});

test('without a script the forms are ordinary posts that lead back to a page', async (t) => {
  const service = await fresh();
  const { page } = await at.visit(t, service, { script: false });
  await page.locator('#hostler-power-restart').click();
  await page.waitForURL(/action=powerAction/);
  const text = await page.locator('body').innerText();
  assert.match(text, /restart/i);
  assert.doesNotMatch(text, /"success"/);
  await page.getByRole('link').click();
  await page.waitForURL(/clientarea\.php/);
  assert.equal(await page.locator('#hostler-power').count(), 1);
});

test('MX-038 the history grows with what is done, by whom', async (t) => {
  const service = await fresh();
  const { page } = await at.visit(t, service);
  await page.locator('#hostler-power-restart').click();
  const line = page.locator('#hostler-history-list li').filter({ hasText: /Restarting/ });
  await line.waitFor({ timeout: 30_000 });
  assert.match(await line.innerText(), /by you/);
});

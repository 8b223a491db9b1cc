import assert from 'node:assert/strict';
import { test } from 'node:test';
import { furnished, quiet } from './rig/fixture.js';
import { readings } from './rig/readings.js';

/** What somebody would try to have run, to have drawn, or to break out with. */
const CORPUS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1) class=injected>',
  "'><svg/onload=alert(1) class=injected>",
  '</textarea></title></style></script><iframe srcdoc="<script>parent.alert(1)</script>" class=injected>',
  'javascript:alert(1)',
  '{{ 7 * 7 }}{% raw %}${7*7}',
  '" autofocus onfocus=alert(1) x="',
  '&lt;b class=injected&gt;&#60;b class=injected&#62;',
  '<a href=//evil.example class=injected>x</a>\u202e\u0000<!--',
  '--><math><mtext><style><img src=x onerror=alert(1)></style>',
];

const at = furnished();

/** @param {import('playwright-core').Page} page @param {{dialogs: string[], errors: string[]}} seen @param {string} where */
async function harmless(page, seen, where) {
  const found = await page.evaluate(() => {
    const handlers = [...document.querySelectorAll('.hostler *')].filter((one) => one.getAttributeNames().some((name) => name.startsWith('on')));
    return {
      injected: document.querySelectorAll('.injected, .hostler math, .hostler iframe:not([name="hostler_console"]), .hostler img, .hostler script').length,
      handlers: handlers.map((one) => one.outerHTML.slice(0, 80)),
      links: [...document.querySelectorAll('.hostler a')].map((one) => one.getAttribute('href') ?? '').filter((href) => !href.startsWith('#') && !href.startsWith('/')),
    };
  });
  assert.deepEqual(found, { injected: 0, handlers: [], links: [] }, where);
  quiet(seen);
}

for (const [number, payload] of CORPUS.entries()) {
  test(`MX-106 payload ${number + 1} of a platform is text in every panel, also after refreshes and under the mask`, async (t) => {
    const service = await at.house.shop.order({ selfService: 1 });
    const text = payload.replaceAll('\u0000', '');
    await at.house.plant(service, readings({ word: (usual) => `${usual}${text}` }), {
      hostname: text, machine: { name: text, hostname: text, os: text, location: text, package: text, ipv4: [text, '198.18.0.9'], ipv6: [text] },
    });
    await at.house.withoutPanel(async () => {
      const { page, seen } = await at.visit(t, service);
      await page.locator('[data-hostler-chart] svg').waitFor({ state: 'attached' });
      await harmless(page, seen, 'as it comes');
      const shown = await page.locator('#hostler-state').innerText();
      assert.ok(shown.includes(text.slice(0, 6)), shown);
      const answer = page.waitForResponse((one) => one.url().includes('fragment=live'));
      await page.evaluate(() => window.dispatchEvent(new Event('focus')));
      await answer;
      await page.locator('#hostler-mask').click();
      await harmless(page, seen, 'masked');
      await page.locator('#hostler-mask').click();
      await page.locator('#hostler-copy-1').click();
      await page.locator('#hostler-system-search').fill(text.slice(0, 10));
      await page.locator('[data-hostler-keygen]').count();
      await harmless(page, seen, 'after use');
    });
  });
}

test('MX-106 what an answer brings is text: messages, refusals, secrets, an address to go to', async (t) => {
  const service = await at.house.shop.order();
  const { page, seen } = await at.visit(t, service);
  const give = async (/** @type {object} */ body, status = 200) => {
    await page.unroute('**/client.php?*action=rename*');
    await page.route('**/client.php?*action=rename*', (route) => route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(body) }));
    const answer = page.waitForResponse((one) => one.url().includes('action=rename'));
    await page.locator('#hostler-rename-save').click();
    await answer;
    await page.locator('[data-hostler-announce]:not(:empty), #hostler-secret-box:not([hidden])').first().waitFor();
  };
  for (const payload of CORPUS) {
    await give({ success: false, errors: payload }, 409);
    await give({ success: true, token_url: payload, data: { message: payload, secret: { name: payload, password: payload } } });
    assert.equal(await page.locator('#hostler-secret-password').textContent(), payload);
    await harmless(page, seen, payload);
    assert.match(page.url(), /clientarea\.php/);
  }
});

test('MX-106 a name of a person is text where it comes back, and a parameter of the address is nothing', async (t) => {
  const service = await at.house.shop.order();
  const { page, seen } = await at.visit(t, service);
  await page.locator('#hostler-name').fill('"><img src=x onerror=alert(1)>');
  const answer = page.waitForResponse((one) => one.url().includes('action=rename'));
  await page.locator('#hostler-rename-save').click();
  assert.equal((await answer).status(), 200);
  await at.house.shop.calm(service);
  await page.goto(`${page.url()}&x="><script>alert(1)</script>#"><img src=x onerror=alert(1)>`);
  assert.equal(await page.locator('#hostler-name').inputValue(), '"><img src=x onerror=alert(1)>');
  await harmless(page, seen, 'renamed');
});

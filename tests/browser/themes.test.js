import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faults } from './rig/browser.js';
import { furnished, quiet, says } from './rig/fixture.js';
import { readings } from './rig/readings.js';
import { themes } from './rig/themes.js';

let service = 0;
const at = furnished(async (house) => {
  service = await house.shop.order();
  await house.plant(service, readings(), { machine: { name: 'web' } });
  await house.sim('POST', '/outage', { outage: 'refused', seconds: 3600 });
});

/** How a stretch of the theme's own markup looks. @param {import('playwright-core').Page} page */
const look = (page) => page.evaluate(() => {
  const place = document.createElement('div');
  place.innerHTML = '<div class="panel panel-default card"><div class="panel-heading card-header"><h3 class="panel-title card-title">t</h3></div>'
    + '<div class="panel-body card-body"><button class="btn btn-primary">b</button><input class="form-control"><code>c</code>'
    + '<table class="table"><tr><th>h</th><td>d</td></tr></table><ul class="nav"><li><a href="#">l</a></li></ul><p class="alert alert-warning">a</p></div></div>';
  document.querySelector('main')?.prepend(place);
  const all = [...place.querySelectorAll('*')].map((one) => {
    const style = getComputedStyle(one);
    return [one.tagName, style.color, style.backgroundColor, style.font, style.padding, style.margin, style.borderTopWidth, style.display].join(' ');
  });
  place.remove();
  return all;
});

for (const theme of themes) {
  test(`VF-223 ${theme}: the page is drawn, works beside the theme's jQuery, and breaks no policy`, async (t) => {
    const { page, seen } = await at.visit(t, service, { theme });
    assert.match(await page.evaluate(() => /** @type {any} */ (window).jQuery.fn.jquery), /^\d+\.\d+/);
    await page.locator('[data-hostler-chart] svg').waitFor();
    await page.locator('#hostler-copy-1').click();
    await says(page, /198\.18/);
    const card = page.locator('#hostler-power');
    const border = await card.evaluate((one) => getComputedStyle(one).borderTopStyle);
    assert.equal(border, 'solid', 'a panel or card of the theme');
    const align = await page.locator('#hostler-state').evaluate((one) => getComputedStyle(one).textAlign);
    assert.equal(align, 'left', 'the theme centres what a module prints');
    // Some jQuery tries an inline style when it loads; that is the theme's own affair.
    assert.deepEqual(seen.errors.filter((error) => !/theme\//.test(error)), []);
    quiet({ ...seen, errors: [] });
  });

  test(`VF-223 ${theme}: nothing of the theme around it looks different`, async (t) => {
    const { page, around } = await at.visit(t, service, { theme });
    const withUs = await look(page);
    const alone = await around.newPage();
    await alone.route(/asset=hostler-[0-9a-f]+\.css/, (route) => route.fulfill({ contentType: 'text/css', body: '' }));
    await alone.goto(page.url());
    assert.deepEqual(withUs, await look(alone));
    assert.ok(withUs.length > 10);
  });

  test(`VF-223 MX-041 ${theme}: no fault that axe-core knows`, async (t) => {
    const { page } = await at.visit(t, service, { theme });
    assert.deepEqual(await faults(page, '.hostler'), []);
    await page.setViewportSize({ width: 360, height: 740 });
    assert.deepEqual(await faults(page, '.hostler'), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
  });
}

test('VF-223 without any theme, under the strictest policy, the page works as well', async (t) => {
  const { page, seen } = await at.visit(t, service, { theme: 'bare' });
  await page.locator('[data-hostler-chart] svg').waitFor();
  await page.locator('#hostler-mask').click();
  assert.match(await page.locator('#hostler-addresses code').first().innerText(), /•/);
  assert.deepEqual(await faults(page, '.hostler'), []);
  quiet(seen);
});

test('VF-223 the brand\'s own colour reaches buttons, links and the chart', async (t) => {
  const { page } = await at.visit(t, service);
  await page.evaluate(() => {
    const root = /** @type {HTMLElement} */ (document.querySelector('.hostler'));
    root.style.setProperty('--hostler-accent', 'rgb(1, 2, 3)');
    root.style.setProperty('--hostler-in', 'rgb(4, 5, 6)');
  });
  assert.equal(await page.locator('#hostler-sections a').first().evaluate((one) => getComputedStyle(one).color), 'rgb(1, 2, 3)');
  assert.equal(await page.locator('rect.hostler-in').first().evaluate((one) => getComputedStyle(one).fill), 'rgb(4, 5, 6)');
});

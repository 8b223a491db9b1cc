import assert from 'node:assert/strict';
import { test } from 'node:test';
import { furnished, quiet, refreshed, says } from './rig/fixture.js';
import { until } from './rig/processes.js';
import { readings, starts } from './rig/readings.js';

const OUTAGE = { outage: 'refused', seconds: 3600 };
let service = 0;
const at = furnished(async (house) => {
  service = await house.shop.order({ selfService: 1 });
  await house.plant(service, readings(), { machine: { name: 'web', ipv4: ['198.18.0.2', '198.18.0.3'], ipv6: ['2001:db8:7::1', 'fe80::1'], traffic_gb: 1000 } });
  // What was put into the store is not to be read over while it is looked at.
  await house.sim('POST', '/outage', OUTAGE);
});

test('VF-194 VF-220 every panel is there, in its order, in the first answer', async (t) => {
  const { page, seen } = await at.visit(t, service, { script: false });
  const ids = await page.locator('.hostler-live > [id]').evaluateAll((panels) => panels.map((panel) => panel.id));
  const order = ['hostler-maintenance', 'hostler-progress', 'hostler-state', 'hostler-addresses', 'hostler-traffic', 'hostler-figures', 'hostler-power', 'hostler-manage', 'hostler-reinstall', 'hostler-resources', 'hostler-usage', 'hostler-history'];
  assert.deepEqual(ids.filter((id) => order.includes(id)), order);
  assert.match(await page.locator('#hostler-usage').innerText(), /12\.50/);
  quiet(seen);
});

test('GX-008 the first answer holds everything that is read: no request stands between a person and the values', async (t) => {
  const { page } = await at.visit(t, service, { script: false });
  for (const [panel, text] of [['state', /London/], ['addresses', /198\.18\.0\.2/], ['traffic', /360 GB/], ['figures', /12\.5/], ['resources', /\/data/], ['history', /./]]) {
    assert.match(await page.locator(`#hostler-${panel}`).innerText(), text, panel);
  }
});

test('VF-195 the maintenance of the host is announced above everything', async (t) => {
  const { page } = await at.visit(t, service);
  const banner = page.locator('#hostler-maintenance');
  assert.match(await banner.innerText(), /maint/i);
  const [above, below] = [await banner.boundingBox(), await page.locator('#hostler-state').boundingBox()];
  assert.ok(above && below && above.y < below.y);
});

test('VF-197 GX-008 nothing jumps while the page comes alive', async (t) => {
  const { around, page: first } = await at.visit(t, service);
  for (const width of [1280, 360]) {
    const page = await around.newPage();
    await page.setViewportSize({ width, height: 900 });
    await page.addInitScript(() => {
      const shifts = /** @type {any} */ (window).shifts = /** @type {unknown[]} */ ([]);
      const watching = /** @type {any} */ (window).watching = new PerformanceObserver((list) => shifts.push(...list.getEntries()));
      watching.observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(first.url());
    await page.locator('[data-hostler-chart] svg').waitFor();
    const total = await page.evaluate(async () => {
      await document.fonts.ready;
      // What was shown last has been laid out by the second frame from now.
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const { shifts, watching } = /** @type {any} */ (window);
      const all = [...shifts, ...watching.takeRecords()];
      const moved = all.flatMap((shift) => shift.sources).map(({ node }) => node?.id || node?.className || node?.nodeName);
      return { sum: all.reduce((sum, shift) => sum + shift.value, 0), moved };
    });
    assert.ok(total.sum < 0.005, `${width}: ${total.sum}: ${total.moved.join(', ')}`);
    await page.close();
  }
});

test('VF-199 place with its flag, system with its kernel, age of the machine', async (t) => {
  const { page } = await at.visit(t, service);
  const overview = page.locator('#hostler-state');
  assert.match(await overview.innerText(), /🇬🇧\s+London/);
  assert.match(await overview.innerText(), /Debian GNU\/Linux 12/);
  assert.match(await overview.innerText(), /6\.1\.0-18-amd64/);
  assert.match(await overview.locator('time').last().innerText(), /ago/);
});

test('VF-201 MX-038 an address is copied and the button says so', async (t) => {
  const { page, seen } = await at.visit(t, service);
  const button = page.locator('#hostler-copy-1');
  await button.click();
  await says(page, /198\.18\.0\.2/);
  assert.equal(await button.getAttribute('data-hostler-done'), 'yes');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '198.18.0.2');
  await page.waitForFunction(() => !document.querySelector('#hostler-copy-1[data-hostler-done]'));
  quiet(seen);
});

test('VF-201 without a clipboard it is copied the older way', async (t) => {
  const { page } = await at.visit(t, service, { clipboard: false });
  await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await page.locator('#hostler-copy-2').click();
  await says(page, /198\.18\.0\.3/);
  // Pasting tells what was copied, whatever the browser lets a page read.
  await page.locator('#hostler-name').fill('');
  await page.locator('#hostler-name').press('Control+V');
  assert.equal(await page.locator('#hostler-name').inputValue(), '198.18.0.3');
});

test('VF-203 VF-204 MX-038 the mask covers texts and fields, survives a refresh and a reload, and leaks no host part', async (t) => {
  const { page, seen } = await at.visit(t, service);
  const addresses = page.locator('#hostler-addresses code');
  const button = page.locator('[data-hostler-mask]');
  await button.click();
  const masked = ['198.18.•••.•••', '198.18.•••.•••', '2001:db8:••••::•', 'fe80:••••::•'];
  assert.deepEqual(await addresses.allInnerTexts(), masked);
  assert.equal(await button.getAttribute('aria-pressed'), 'true');
  assert.equal(await page.evaluate(() => sessionStorage.getItem('vfIpMasked')), '1');
  assert.equal(await page.locator('#hostler-name').evaluate((field) => getComputedStyle(field).webkitTextSecurity), 'disc');
  // A cell that comes again is masked again.
  await page.evaluate(() => document.querySelector('#hostler-addresses code')?.replaceChildren('stale'));
  await page.evaluate(() => document.querySelector('#hostler-addresses')?.remove());
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await page.locator('#hostler-addresses').waitFor();
  assert.deepEqual(await addresses.allInnerTexts(), masked);
  await page.reload();
  assert.deepEqual(await addresses.allInnerTexts(), masked);
  // What is said while it is on is masked as well; what is copied is not.
  await page.locator('#hostler-copy-1').click();
  await says(page, /198\.18\.•••\.•••/);
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '198.18.0.2');
  await button.click();
  assert.equal((await addresses.allInnerTexts())[0], '198.18.0.2');
  assert.equal(await page.evaluate(() => sessionStorage.getItem('vfIpMasked')), '0');
  quiet(seen);
});

test('VF-205 MX-035 the chart: twelve months with the oldest left, labels with years, scale, colours, legend', async (t) => {
  const { page } = await at.visit(t, service);
  const chart = page.locator('[data-hostler-chart]');
  const texts = await chart.locator('text').allTextContents();
  // 360 and 120 GB in the newest month: the scale goes up to what both come to.
  assert.deepEqual(texts.slice(0, 5), ['0 GB', '120 GB', '240 GB', '360 GB', '480 GB']);
  const labels = texts.slice(5, -2);
  assert.equal(labels.length, 12);
  const expected = starts(new Date()).reverse().map((start) =>
    `${start.toLocaleString('en', { month: 'short', timeZone: 'UTC' })} ${String(start.getUTCFullYear()).slice(2)}`);
  const spans = new Set(expected.map((label) => label.slice(-2))).size > 1;
  assert.deepEqual(labels, spans ? expected : expected.map((label) => label.slice(0, 3)));
  assert.equal(texts.slice(-2).length, 2);
  const fill = (/** @type {string} */ bars) => chart.locator(bars).first().evaluate((bar) => getComputedStyle(bar).fill);
  assert.equal(await fill('.hostler-in'), 'rgb(51, 122, 183)');
  assert.equal(await fill('.hostler-out'), 'rgb(40, 167, 69)');
  const heights = await chart.locator('rect.hostler-in').evaluateAll((bars) => bars.slice(0, 12).map((bar) => Number(bar.getAttribute('height'))));
  assert.deepEqual(heights, [...heights].sort((a, b) => a - b));
});

test('VF-205 the chart follows its room, and a screen reader has the table', async (t) => {
  const { page } = await at.visit(t, service);
  const width = async () => Number(await page.locator('[data-hostler-chart] svg').getAttribute('width'));
  const wide = await width();
  await page.setViewportSize({ width: 480, height: 900 });
  await page.waitForFunction((before) => Number(document.querySelector('[data-hostler-chart] svg')?.getAttribute('width')) < before, wide);
  assert.ok(await width() <= 480);
  assert.equal(await page.locator('[data-hostler-chart]').getAttribute('aria-hidden'), 'true');
  const table = page.getByRole('table', { name: /traffic/i });
  assert.equal(await table.getByRole('rowheader').count(), 12);
  assert.equal(await table.getByRole('columnheader').count(), 3);
});

test('VF-206 VF-219 tiles and bars: used, limit, remaining, levels', async (t) => {
  const { page } = await at.visit(t, service);
  const tiles = await page.locator('#hostler-traffic-tiles dd').allInnerTexts();
  assert.deepEqual(tiles, ['480 GB', '1000 GB', '520 GB']);
  const levels = await page.locator('#hostler-resources .hostler-meter').evaluateAll((meters) => meters.map((meter) => meter.getAttribute('data-hostler-level')));
  assert.deepEqual(levels, ['ok', 'ok', 'warning']);
});

test('VF-208 VF-209 VF-210 live figures: processor, memory, disk, and when they were read', async (t) => {
  const { page } = await at.visit(t, service);
  const text = await page.locator('#hostler-figures').innerText();
  assert.match(text, /12\.5 %/);
  assert.match(text, /1\.00 GB \/ 2\.00 GB \(50 %\)/);
  assert.match(text, /5\.00 GB/);
  assert.match(text, /700 B/);
  assert.match(await page.locator('#hostler-figures-age').innerText(), /ago/);
});

test('VF-216 backups: ten, and the others behind a switch, with dates and states', async (t) => {
  const { page } = await at.visit(t, service);
  const lists = page.locator('#hostler-manage .hostler-backups');
  assert.equal(await lists.first().locator('li').count(), 10);
  assert.equal(await lists.nth(1).isVisible(), false);
  assert.ok(await lists.first().locator('.hostler-good').count() === 9 && await lists.first().locator('.hostler-warning').count() === 1);
  await page.locator('#hostler-backups-older > summary').click();
  assert.equal(await lists.nth(1).locator('li').count(), 2);
  assert.ok(await lists.nth(1).isVisible());
});

test('VF-202 four names are offered and more, and picking one only fills in the field', async (t) => {
  const { page } = await at.visit(t, service);
  const place = page.locator('[data-hostler-suggest]');
  await place.getByRole('button').first().click();
  const offered = place.locator('.hostler-suggestions button');
  assert.equal(await offered.count(), 5);
  const before = await offered.allInnerTexts();
  for (const name of before.slice(0, 4)) {
    assert.match(name, /^[a-z]+-[a-z]+-\d\d$/);
  }
  await offered.last().click();
  await page.waitForFunction((first) => document.querySelector('.hostler-suggestions button')?.textContent !== first, before[0]);
  const chosen = await offered.first().innerText();
  await offered.first().click();
  assert.equal(await page.locator('#hostler-name').inputValue(), chosen);
  assert.equal(await place.locator('.hostler-suggestions').isVisible(), false);
  assert.equal(await page.locator('[data-hostler-announce]').innerText(), '');
});

test('VF-222 MX-038 sections: entries of missing panels are hidden, a click scrolls, names the address and moves the focus', async (t) => {
  const { page } = await at.visit(t, service);
  const shown = await page.locator('#hostler-sections a:visible').evaluateAll((links) => links.map((link) => link.getAttribute('data-hostler-target')));
  assert.ok(shown.includes('hostler-traffic') && shown.includes('hostler-history'), shown.join());
  assert.ok(!shown.includes('hostler-rdns') && !shown.includes('vf-sec-billing'), shown.join());
  await page.locator('#hostler-sections a[data-hostler-target="hostler-resources"]').click();
  await page.waitForFunction(() => Math.abs(document.querySelector('#hostler-resources')?.getBoundingClientRect().top ?? 999) < 300);
  assert.equal(new URL(page.url()).hash, '#hostler-resources');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'hostler-resources');
});

test('VF-217 the gallery is searched, and its groups open for what is found', async (t) => {
  const { page } = await at.visit(t, service);
  const systems = page.locator('.hostler-system');
  await page.locator('#hostler-system-search').fill('24.04');
  assert.deepEqual(await systems.locator('visible=true').evaluateAll((cards) => cards.map((card) => card.querySelector('input')?.value)), ['49']);
  assert.match(await page.locator('[data-hostler-found]').innerText(), /1/);
  await page.locator('#hostler-system-search').fill('plan 9');
  assert.equal(await systems.locator('visible=true').count(), 0);
  assert.notEqual(await page.locator('[data-hostler-found]').innerText(), '');
  await page.locator('#hostler-system-search').fill('');
  assert.equal(await page.locator('[data-hostler-group]:visible').count(), 3);
});

test('VF-217 nothing is installed without a choice and a consent', async (t) => {
  const { page, seen } = await at.visit(t, service);
  /** @type {string[]} */
  const posted = [];
  page.on('request', (request) => request.method() === 'POST' && posted.push(request.url()));
  await page.locator('#hostler-system-search').fill('24.04');
  await page.locator('#hostler-reinstall-submit').click();
  // The browser points at what is missing; a search that hides it is undone.
  await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'osId');
  await page.locator('.hostler-system input[value="46"]').check();
  await page.locator('#hostler-reinstall-submit').click();
  await page.waitForFunction(() => document.activeElement?.id === 'hostler-reinstall-sure');
  assert.deepEqual(posted, []);
  quiet(seen);
});

test('VF-217 a key of the account is chosen, or a pair is made here and its private half can be kept', async (t) => {
  const { page } = await at.visit(t, service);
  const field = page.locator('#hostler-new-key-field');
  assert.equal(await field.isVisible(), false);
  assert.deepEqual(await page.locator('#hostler-key option').allInnerTexts().then((texts) => texts.filter((text) => /laptop/.test(text)).length), 1);
  await page.locator('#hostler-key').selectOption('__new__');
  assert.ok(await field.isVisible());
  await page.locator('[data-hostler-keygen] button').first().click();
  const secret = page.locator('[data-hostler-kept]');
  await secret.waitFor();
  assert.match(await page.locator('#hostler-new-key').inputValue(), /^ssh-ed25519 AAAA\S+ \S+$/);
  assert.match(await secret.inputValue(), /^-----BEGIN OPENSSH PRIVATE KEY-----\n[\s\S]+-----END OPENSSH PRIVATE KEY-----\n$/);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('[data-hostler-keygen] .hostler-buttons button').nth(1).click(),
  ]);
  assert.equal(download.suggestedFilename(), 'id_ed25519');
  // A refresh does not take it away.
  await refreshed(page);
  assert.match(await secret.inputValue(), /OPENSSH/);
});

test('VF-211 the page asks for figures only while it is seen and has the focus, and at once on return', async (t) => {
  // The page's clock is ours: half a minute is not waited for.
  const { page } = await at.visit(t, service, { before: (page) => page.clock.install() });
  /** @type {string[]} */
  const asked = [];
  page.on('request', (request) => request.url().includes('fragment=live') && asked.push(request.url()));
  const turn = (/** @type {string} */ state, /** @type {boolean} */ focus) => page.evaluate(({ state, focus }) => {
    Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
    document.hasFocus = () => focus;
    document.dispatchEvent(new Event('visibilitychange'));
  }, { state, focus });
  const next = () => page.waitForResponse((answer) => answer.url().includes('fragment=live'));
  await turn('hidden', false);
  await page.clock.runFor(120_000);
  assert.deepEqual(asked, []);
  const back = next();
  await turn('visible', true);
  assert.match((await back).url(), /[?&]watch=1(&|$)/);
  await (await back).finished();
  assert.equal(asked.length, 1);
  // Thirty seconds later it has asked again by itself.
  const later = next();
  await page.clock.runFor(30_000);
  assert.match((await later).url(), /[?&]watch=1(&|$)/);
  await (await later).finished();
  await page.evaluate(() => { document.hasFocus = () => false; });
  const away = next();
  await page.clock.runFor(30_000);
  assert.doesNotMatch((await away).url(), /watch=1/);
});

test('VF-211 VF-212 a refresh calls no platform and sends what is here already only once', async (t) => {
  // The platform can be reached, and every request is counted there.
  await at.house.sim('DELETE', '/outage');
  t.after(() => at.house.sim('POST', '/outage', OUTAGE));
  const calls = async () => (await at.house.sim('GET', '/calls')).at(-1)?.number ?? 0;
  const idle = await calls();
  await until(async () => {
    await at.house.say('platform', 'test', at.house.platform);
    return await calls() > idle;
  }, 'a request to the platform is counted');
  const before = await calls();
  const { page } = await at.visit(t, service);
  const answer = page.waitForResponse((one) => one.url().includes('fragment=live'));
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  const one = await answer;
  assert.match(decodeURIComponent(one.url()), /have=[^&]*hostler-reinstall:[0-9a-f]+/);
  const html = await one.text();
  assert.match(html, /id="hostler-reinstall"[^>]*data-hostler-same/);
  assert.doesNotMatch(html, /name="osId"/);
  assert.ok(await page.locator('input[name="osId"]').count() > 0);
  await refreshed(page);
  assert.equal(await calls(), before);
});

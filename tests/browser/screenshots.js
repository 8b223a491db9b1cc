// Makes a picture of each state of the client's page: on a desktop and on a telephone, light and dark. Where they are
// put is the first argument.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { open, visit } from './rig/browser.js';
import { House } from './rig/house.js';
import { furnish, states } from './rig/states.js';

const folder = process.argv[2];
if (!folder) {
  console.error('screenshots.js: name the folder for the pictures');
  process.exit(2);
}
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const house = await House.open();
try {
  const browser = await open();
  const services = await furnish(house);
  let made = 0;
  for (const state of states) {
    for (const [screen, width, height] of /** @type {[string, number, number][]} */ ([['desktop', 1280, 900], ['phone', 360, 740]])) {
      for (const dark of [false, true]) {
        const visitor = house.shop.visitor(state.visitor);
        const { page, around } = await visit(browser, { shop: house.shop, visitor, dark, width, height });
        await page.goto(house.shop.address(services[state.service], dark ? 'bootstrap5-dark' : 'bootstrap5'));
        await state.reach?.(page, house);
        await page.screenshot({ path: join(folder, `${state.name}-${screen}-${dark ? 'dark' : 'light'}.png`), fullPage: true });
        await around.close();
        made += 1;
      }
    }
  }
  await browser.close();
  console.log(`${made} pictures in ${folder}`);
} finally {
  await house.close();
}

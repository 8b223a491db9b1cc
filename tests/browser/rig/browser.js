// Chromium, and what every page of these tests is watched for: dialogs, breaches of the policy, errors of scripts.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const { resolve } = createRequire(import.meta.url);
const axe = readFileSync(resolve('axe-core/axe.min.js'), 'utf8');
/** Debian's; another one by CHROMIUM_BIN. */
const PROGRAM = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';
/** How long anything in a page may take. */
const PATIENCE = 30_000;

/** The rules of axe-core that a page has to keep: WCAG 2.0 to 2.2, A and AA. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export const open = () => chromium.launch({ executablePath: PROGRAM, args: ['--disable-gpu'], chromiumSandbox: false, timeout: 30_000 });

/**
 * A window of somebody's.
 * @param {import('playwright-core').Browser} browser
 * @param {{shop?: {url: string}, visitor?: {session: string} | null, dark?: boolean, width?: number, height?: number, calm?: boolean, clipboard?: boolean, script?: boolean}} how
 */
export async function visit(browser, { shop, visitor, dark = false, width = 1280, height = 900, calm = true, clipboard = true, script = true } = {}) {
  const around = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: calm ? 'reduce' : 'no-preference',
    javaScriptEnabled: script,
    permissions: clipboard ? ['clipboard-read', 'clipboard-write'] : [],
  });
  around.setDefaultTimeout(PATIENCE);
  if (shop && visitor) {
    await around.addCookies([{ name: 'rig_session', value: visitor.session, url: shop.url }]);
  }
  const page = await around.newPage();
  return { around, page, seen: watch(page) };
}

/**
 * Notes what must not happen. Dialogs are answered yes unless told otherwise: our own questions are dialogs, too.
 * @param {import('playwright-core').Page} page
 */
export function watch(page) {
  const seen = { /** @type {string[]} */ dialogs: [], /** @type {string[]} */ errors: [], answer: true };
  page.on('dialog', async (dialog) => {
    seen.dialogs.push(dialog.message());
    await (seen.answer ? dialog.accept() : dialog.dismiss()).catch(() => {});
  });
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('console', (message) => {
    const { url } = message.location();
    // A theme's own scripts try out what the browser can: the first jQuery breaks each strict policy once, on purpose.
    const theirs = /^https?:\/\/[^/]+\/theme\//.test(url);
    if (!theirs && message.type() === 'error' && /Content Security Policy|Refused to/.test(message.text())) {
      seen.errors.push(`${message.text()} (${url})`);
    }
  });
  return seen;
}

/**
 * What axe-core finds wrong with a page, one line each.
 * @param {import('playwright-core').Page} page
 * @param {string} within the part of the page that is ours; the whole page where it is wholly ours
 * @returns {Promise<string[]>}
 */
export async function faults(page, within = 'html') {
  // Evaluated, not added as a script: the page's policy lets no other script in.
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(async ({ within, rules }) =>
    // @ts-ignore axe is there since the line above
    window.axe.run(within, { runOnly: { type: 'tag', values: rules } }), { within, rules: RULES });
  if (passes.length === 0) {
    throw new Error(`axe-core looked at nothing below ${within}`);
  }
  return violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')}: ${node.failureSummary.replace(/\s+/g, ' ')}`));
}

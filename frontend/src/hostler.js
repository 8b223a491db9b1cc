// What the pages do beyond HTML: they refresh themselves, send forms without leaving the page, draw what is a table,
// and hide what is not for screenshots. All of it is optional: without this script the pages show the same values, and the
// forms are sent as ordinary posts. What markup and script agreed upon is in docs/client-page.md.
//
// The parts are in page/, one for each matter; this file ties them to a document. Whatever a part does to markup it can do
// again to fresh markup. A browser gets all of them as one file: crates/web/build/join.rs says how.
// @ts-check
import { attend, mark } from './page/billing.js';
import { observe, redraw, resized, spark } from './page/chart.js';
import { copy } from './page/copy.js';
import { filter, reveals, suggest } from './page/fields.js';
import { further, poll } from './page/fragments.js';
import { keygen } from './page/keys.js';
import { launch } from './page/launch.js';
import { isMasked, mask, stored, switched } from './page/mask.js';
import { remember } from './page/merge.js';
import { run } from './page/names.js';
import { announce } from './page/say.js';
import { JUMPS, jump, sections } from './page/sections.js';
import { forgetSecret, reveal } from './page/secrets.js';
import { frost, sayBeside, send } from './page/send.js';

/**
 * Makes use of markup that has just come, or come again.
 * @param {Element} root
 * @param {import('./page/chart.js').Reading[]} readings
 */
export function enhance(root, readings) {
  const page = root.ownerDocument;
  const view = page.defaultView ?? window;
  remember(root);
  mask(root, isMasked(stored(view)));
  frost(root);
  root.querySelectorAll('[data-hostler-chart]').forEach(redraw);
  observe(readings, root.querySelector('#hostler-figures'));
  root.querySelectorAll('[data-hostler-spark]').forEach((place) => spark(place, readings));
  for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (root.querySelectorAll('input[data-hostler-filter]'))) {
    field.closest('p[hidden], div[hidden]')?.removeAttribute('hidden');
    filter(field);
  }
  root.querySelectorAll('[data-hostler-suggest]').forEach(suggest);
  root.querySelectorAll('[data-hostler-keygen]').forEach((place) => keygen(place, view.crypto));
  /** @type {NodeListOf<HTMLSelectElement>} */ (root.querySelectorAll('select[data-hostler-reveals]')).forEach(reveals);
  root.querySelectorAll('button[data-hostler-more], button[data-hostler-run]').forEach((one) => one.removeAttribute('hidden'));
  sections(page);
  mark(page);
}

/**
 * Makes a document live.
 * @param {Document} page
 */
export function start(page) {
  const view = page.defaultView ?? window;
  const get = view.fetch.bind(view);
  const roots = [...page.querySelectorAll('.hostler')];
  /** @type {import('./page/chart.js').Reading[]} */
  const readings = [];
  const renewed = () => roots.forEach((root) => enhance(root, readings));
  renewed();
  const polls = [...page.querySelectorAll('[data-hostler-poll]')].map((root) => poll(root, get, renewed));
  const again = () => Promise.all(polls.map((running) => running.now()));
  page.addEventListener('click', (event) => {
    const target = /** @type {Element} */ (event.target);
    const pressed = /** @type {HTMLElement | null} */ (target.closest('.hostler button'));
    const root = target.closest('.hostler');
    if (pressed?.matches('[data-hostler-copy], [data-hostler-copy-from]')) {
      void copy(pressed, view.navigator.clipboard);
    } else if (pressed?.matches('[data-hostler-mask]')) {
      const on = switched(view);
      roots.forEach((one) => mask(one, on));
    } else if (pressed?.matches('[data-hostler-forget]') && root) {
      forgetSecret(root);
      const place = /** @type {HTMLElement | null} */ (root.querySelector('[data-hostler-announce]'));
      place?.setAttribute('tabindex', '-1');
      place?.focus();
    } else if (pressed?.matches('[data-hostler-more]')) {
      void further(pressed, get).then(renewed);
    } else if (pressed?.matches('[data-hostler-run]')) {
      void run(pressed, get, (asked) => view.confirm(asked), again);
    }
    const link = target.closest(JUMPS);
    if (link && jump(link)) {
      event.preventDefault();
    }
  });
  page.addEventListener('input', (event) => {
    const field = /** @type {any} */ (event.target);
    if (field.matches?.('input[data-hostler-filter]')) {
      filter(field);
    } else if (field.matches?.('select[data-hostler-reveals]')) {
      reveals(field);
    }
    if (field.getAttribute?.('aria-invalid')) {
      field.removeAttribute('aria-invalid');
      sayBeside(field.closest('form') ?? field, '');
    }
  });
  page.addEventListener('submit', async (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.matches('form[data-hostler-action]')) {
      event.preventDefault();
      await send(form, get, (asked) => view.confirm(asked), again);
    } else if (form.matches('form[data-hostler-reveal]')) {
      event.preventDefault();
      await reveal(form, get, view.setInterval.bind(view), view.clearInterval.bind(view));
      await again();
    } else if (form.matches('form[data-hostler-console], form[data-hostler-open]')) {
      if (form.matches('[data-hostler-console]') && !launch(form, view.innerWidth, view.open.bind(view))) {
        event.preventDefault();
        return;
      }
      // The browser sends the form with the token that it holds now; then the token is spent.
      view.setTimeout(() => void again(), 0);
    }
  });
  // What a browser wants to point at has to be seen: a group may be closed, or a search may hide it.
  page.addEventListener('invalid', (event) => {
    const field = /** @type {Element} */ (event.target);
    const search = /** @type {HTMLInputElement | null | undefined} */ (field.closest('form')?.querySelector('input[data-hostler-filter]'));
    if (search && field.closest('[hidden]')) {
      search.value = '';
      filter(search);
    }
    field.closest('details')?.setAttribute('open', '');
  }, true);
  page.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      roots.forEach((root) => announce(root, ''));
    }
  });
  // A page that the browser keeps for its back button keeps no secret, and one that comes back is refreshed.
  view.addEventListener('pagehide', () => roots.forEach(forgetSecret));
  view.addEventListener('pageshow', (event) => { if (event.persisted) { void again(); } });
  resized(page, view);
  attend(page, view);
}

if (typeof document !== 'undefined') {
  start(document);
}

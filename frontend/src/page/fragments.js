// Fetching parts of a page: the live one again and again, further lines of the history on demand.
import { shut } from './launch.js';
import { merge } from './merge.js';
import { announce, tellBehind } from './say.js';

/** Milliseconds between tries while the server does not answer, at most. */
const SLOWEST = 30000;

/**
 * The address of the live part, with what the server wants to know: whether somebody is looking, and which of the parts
 * that are costly to send are here already.
 * @param {Element} root
 */
function address(root) {
  const page = root.ownerDocument;
  const have = [...root.querySelectorAll('[data-hostler-rev][id]')]
    .map((part) => `${part.id}:${part.getAttribute('data-hostler-rev')}`)
    .join(',');
  return (root.getAttribute('data-hostler-poll') ?? '')
    + (page.visibilityState === 'visible' && page.hasFocus() ? '&watch=1' : '')
    + (have ? `&have=${encodeURIComponent(have)}` : '');
}

/**
 * Asks for a fragment; the billing system is told that it is no page.
 * @param {typeof fetch} get
 * @param {string} url
 */
const asked = (get, url) => get(url, { credentials: 'same-origin', headers: { 'x-requested-with': 'fetch' } });

/**
 * @param {Document} page
 * @param {string} html
 */
const parsed = (page, html) => new (page.defaultView ?? window).DOMParser().parseFromString(html, 'text/html');

/**
 * Fetches a fragment again and again, as often as the fragment itself asks for, and not while nobody looks.
 * @param {Element} root
 * @param {typeof fetch} get
 * @param {() => void} [renewed] called when something may have changed
 * @returns {{now: () => Promise<void>, stop: () => void}}
 */
export function poll(root, get, renewed) {
  const live = root.querySelector('[data-hostler-live]');
  const page = root.ownerDocument;
  let failures = 0;
  let stopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<void> | null} */
  let running = null;

  const later = () => {
    clearTimeout(timer);
    const every = Number(live?.querySelector('[data-hostler-every]')?.getAttribute('data-hostler-every') ?? 0);
    if (!stopped && every > 0) {
      timer = setTimeout(now, failures ? Math.min(every * 2 ** failures, SLOWEST) : every);
    }
  };
  const once = async () => {
    try {
      const answer = await asked(get, address(root));
      if (answer.status === 401 || answer.status === 403) {
        stopped = true;
        announce(root, root.getAttribute('data-hostler-ended') ?? '');
        shut(root);
        return;
      }
      if (!answer.ok) {
        throw new Error(String(answer.status));
      }
      show(await answer.text());
    } catch {
      failures += 1;
      // One lost request is nothing to talk about.
      if (failures === 3) {
        announce(root, root.getAttribute('data-hostler-lost') ?? '');
      }
    }
    later();
  };
  const now = async () => {
    if (stopped || !live || !root.isConnected) {
      return;
    }
    if (page.visibilityState === 'hidden') {
      later();
      return;
    }
    clearTimeout(timer);
    // Whoever asks while an answer is under way wants to know what is true after that: that answer may be too old.
    const mine = running ? running.then(() => (stopped ? undefined : once())) : once();
    running = mine;
    await mine;
    if (running === mine) {
      running = null;
    }
  };
  /** @param {string} html */
  const show = (html) => {
    const received = parsed(page, html);
    const fresh = received.querySelector('[data-hostler-live]') ?? received.body;
    const told = live ? merge(live, fresh) : [];
    if (!root.querySelector('form[data-hostler-console] button:not([disabled])')) {
      shut(root);
    }
    renewed?.();
    if (told.length) {
      tellBehind(root, told.join(' '));
    } else if (failures >= 3) {
      announce(root, '');
    }
    failures = 0;
  };
  const returned = () => {
    if (page.visibilityState === 'visible' && !stopped && !running) {
      void now();
    }
  };
  page.addEventListener('visibilitychange', returned);
  page.defaultView?.addEventListener('focus', returned);
  later();
  return { now, stop: () => { stopped = true; clearTimeout(timer); } };
}

/**
 * Fetches further lines of the history and puts them below those that are there.
 * @param {HTMLElement} pressed
 * @param {typeof fetch} get
 */
export async function further(pressed, get) {
  const root = pressed.closest('.hostler') ?? pressed;
  const page = pressed.ownerDocument;
  pressed.setAttribute('aria-busy', 'true');
  try {
    const answer = await asked(get, pressed.dataset.hostlerMore ?? '');
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    const fresh = parsed(page, await answer.text());
    const list = page.getElementById('hostler-history-list');
    const lines = [...fresh.querySelectorAll('#hostler-history-list > li')];
    list?.append(...lines);
    const next = /** @type {HTMLElement | null} */ (fresh.querySelector('[data-hostler-more]:not([data-hostler-suggest])'));
    const first = /** @type {HTMLElement | undefined} */ (lines[0]);
    first?.setAttribute('tabindex', '-1');
    first?.focus();
    if (next) {
      next.removeAttribute('hidden');
      pressed.replaceWith(next);
    } else {
      pressed.remove();
    }
  } catch {
    announce(root, root.getAttribute('data-hostler-lost') ?? '');
  }
  pressed.removeAttribute('aria-busy');
}

// What the pages do beyond HTML: they refresh themselves, copy addresses and send forms without leaving the page. All
// of it is optional: without this file the pages show the same, and the forms are sent as ordinary posts.
// @ts-check

/** Milliseconds between tries while the server does not answer, at most. */
const SLOWEST = 30000;

/**
 * Says something to whoever looks or listens.
 * @param {Element} root
 * @param {string} text
 */
export function announce(root, text) {
  const place = root.querySelector('[data-hostler-announce]')
    ?? root.ownerDocument.querySelector('[data-hostler-announce]');
  if (place && place.textContent !== text) {
    place.textContent = text;
  }
}

/**
 * Puts the parts of a fresh fragment where they differ from what is shown. What is the same stays untouched, so that
 * nothing jumps and a screen reader does not read it again; the focus stays where it was, and open details stay open.
 * @param {Element} shown
 * @param {Element} fresh
 * @returns {string[]} the texts that are worth telling
 */
export function merge(shown, fresh) {
  /** @type {string[]} */
  const told = [];
  const ids = (/** @type {Element} */ root) =>
    [...root.querySelectorAll('[data-hostler-part][id]')].map((part) => part.id).join(' ');
  if (ids(shown) !== ids(fresh)) {
    tell(shown, fresh, told);
    keepingPlace(shown, () => shown.replaceChildren(...fresh.childNodes));
    return told;
  }
  for (const part of fresh.querySelectorAll('[data-hostler-part][id]')) {
    const old = find(shown, part.id);
    // A part within a part is handled by itself, and the outer one by what is left of it.
    if (old && bare(old) !== bare(part)) {
      tell(old, part, told);
      keepingPlace(old, () => old.replaceWith(part.cloneNode(true)));
    }
  }
  const every = fresh.querySelector('[data-hostler-every]')?.getAttribute('data-hostler-every');
  if (every) {
    shown.querySelector('[data-hostler-every]')?.setAttribute('data-hostler-every', every);
  }
  return told;
}

/**
 * @param {Element} root
 * @param {string} id
 */
function find(root, id) {
  return [...root.querySelectorAll('[id]')].find((element) => element.id === id) ?? null;
}

/**
 * The markup of a part without what stands in parts of its own.
 * @param {Element} part
 */
function bare(part) {
  const copy = /** @type {Element} */ (part.cloneNode(true));
  copy.querySelectorAll('[data-hostler-part]').forEach((inner) => inner.replaceChildren());
  copy.querySelectorAll('details[open]').forEach((details) => details.removeAttribute('open'));
  return copy.outerHTML;
}

/**
 * @param {Element} old
 * @param {Element} fresh
 * @param {string[]} told
 */
function tell(old, fresh, told) {
  const texts = (/** @type {Element} */ root) =>
    [...(root.matches('[data-hostler-tell]') ? [root] : []), ...root.querySelectorAll('[data-hostler-tell]')]
      .map((element) => (element.textContent ?? '').trim());
  const before = texts(old);
  told.push(...texts(fresh).filter((text) => text !== '' && !before.includes(text)));
}

/**
 * Replaces something and gives focus and open details back.
 * @param {Element} root
 * @param {() => void} replace
 */
function keepingPlace(root, replace) {
  const page = root.ownerDocument;
  const focused = page.activeElement && root.contains(page.activeElement) ? page.activeElement.id : '';
  const open = [...root.querySelectorAll('details[open][id]')].map((details) => details.id);
  replace();
  open.forEach((id) => page.getElementById(id)?.setAttribute('open', ''));
  if (focused) {
    page.getElementById(focused)?.focus();
  }
}

/**
 * Fetches a fragment again and again, as often as the fragment itself asks for, and not while nobody looks.
 * @param {Element} root
 * @param {typeof fetch} get
 * @returns {{now: () => Promise<void>, stop: () => void}}
 */
export function poll(root, get) {
  const live = root.querySelector('[data-hostler-live]');
  const url = root.getAttribute('data-hostler-poll') ?? '';
  const page = root.ownerDocument;
  let failures = 0;
  let stopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const later = () => {
    clearTimeout(timer);
    const every = Number(live?.querySelector('[data-hostler-every]')?.getAttribute('data-hostler-every') ?? 0);
    if (!stopped && every > 0) {
      timer = setTimeout(now, failures ? Math.min(every * 2 ** failures, SLOWEST) : every);
    }
  };
  const now = async () => {
    if (stopped || !live || !root.isConnected) {
      return;
    }
    if (page.visibilityState === 'hidden') {
      later();
      return;
    }
    try {
      const answer = await get(url, { credentials: 'same-origin', headers: { 'x-requested-with': 'fetch' } });
      if (answer.status === 401 || answer.status === 403) {
        stopped = true;
        announce(root, root.getAttribute('data-hostler-ended') ?? '');
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
  /** @param {string} html */
  const show = (html) => {
    const parsed = new (page.defaultView ?? window).DOMParser().parseFromString(html, 'text/html');
    const fresh = parsed.querySelector('[data-hostler-live]') ?? parsed.body;
    const told = live ? merge(live, fresh) : [];
    if (told.length) {
      announce(root, told.join(' '));
    } else if (failures >= 3) {
      announce(root, '');
    }
    failures = 0;
  };
  page.addEventListener('visibilitychange', () => {
    if (page.visibilityState === 'visible' && !stopped) {
      clearTimeout(timer);
      void now();
    }
  });
  later();
  return { now, stop: () => { stopped = true; clearTimeout(timer); } };
}

/**
 * Copies the text of a button.
 * @param {HTMLElement} button
 * @param {{writeText: (text: string) => Promise<void>} | undefined} clipboard
 */
export async function copy(button, clipboard) {
  const root = button.closest('.hostler') ?? button.ownerDocument.body;
  try {
    if (!clipboard) {
      throw new Error('no clipboard');
    }
    await clipboard.writeText(button.dataset.hostlerCopy ?? '');
    announce(root, button.dataset.hostlerCopied ?? '');
  } catch {
    announce(root, button.dataset.hostlerUncopied ?? '');
  }
}

/**
 * Sends a form without leaving the page and says what came of it.
 * @param {HTMLFormElement} form
 * @param {typeof fetch} post
 * @param {(question: string) => boolean} ask
 * @returns {Promise<boolean>} whether it was done
 */
export async function send(form, post, ask) {
  const root = form.closest('.hostler') ?? form;
  const question = form.dataset.hostlerConfirm;
  if (question && !ask(question)) {
    return false;
  }
  const view = form.ownerDocument.defaultView ?? window;
  const fields = new view.URLSearchParams();
  new view.FormData(form).forEach((value, name) => fields.append(name, String(value)));
  const button = form.querySelector('button');
  button?.setAttribute('aria-busy', 'true');
  try {
    const answer = await post(form.action, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: fields.toString(),
    });
    const result = await answer.json();
    const done = result.success === true;
    announce(root, String((done ? result.data?.message : result.errors) ?? ''));
    return done;
  } catch {
    announce(root, root.getAttribute('data-hostler-lost') ?? '');
    return false;
  } finally {
    button?.removeAttribute('aria-busy');
  }
}

/**
 * Makes a document live.
 * @param {Document} page
 */
export function start(page) {
  const view = page.defaultView ?? window;
  const get = view.fetch.bind(view);
  const polls = [...page.querySelectorAll('[data-hostler-poll]')].map((root) => poll(root, get));
  page.addEventListener('click', (event) => {
    const button = /** @type {Element} */ (event.target).closest('[data-hostler-copy]');
    if (button) {
      void copy(/** @type {HTMLElement} */ (button), view.navigator.clipboard);
    }
  });
  page.addEventListener('submit', async (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.matches('form[data-hostler-action]')) {
      event.preventDefault();
      await send(form, get, (question) => view.confirm(question));
      await Promise.all(polls.map((running) => running.now()));
    }
  });
}

if (typeof document !== 'undefined') {
  start(document);
}

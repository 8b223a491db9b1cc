// What the pages do beyond HTML: they refresh themselves, copy addresses and send forms without leaving the page. All
// of it is optional: without this file the pages show the same, and the forms are sent as ordinary posts.
// @ts-check

/** The field of a one-time token. */
const ONCE = 'input[name="hostler_once"]';

/** A window that is wider than this, in pixels, has the console on the page. */
const NARROW = 500;

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
    // A part within a part is handled by itself, and the outer one by what is left of it. One that shows something for a
    // while is left alone until then.
    if (old && !old.hasAttribute('data-hostler-busy') && bare(old) !== bare(part)) {
      tell(old, part, told);
      keepingPlace(old, () => old.replaceWith(part.cloneNode(true)));
    }
  }
  renew(shown, fresh);
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
  // Every page has a one-time token of its own, which is no reason to put a part in another's place.
  copy.querySelectorAll(ONCE).forEach((field) => field.removeAttribute('value'));
  return copy.outerHTML;
}

/**
 * Gives the forms that stayed the fresh page's one-time token.
 * @param {Element} shown
 * @param {Element} fresh
 */
function renew(shown, fresh) {
  const token = fresh.querySelector(ONCE)?.getAttribute('value');
  if (token) {
    shown.querySelectorAll(ONCE).forEach((field) => field.setAttribute('value', token));
  }
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
  /** @param {string} html */
  const show = (html) => {
    const parsed = new (page.defaultView ?? window).DOMParser().parseFromString(html, 'text/html');
    const fresh = parsed.querySelector('[data-hostler-live]') ?? parsed.body;
    const told = live ? merge(live, fresh) : [];
    if (!root.querySelector('form[data-hostler-console] button:not([disabled])')) {
      shut(root);
    }
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
  const button = form.querySelector('button');
  button?.setAttribute('aria-busy', 'true');
  const result = await posted(form, post);
  button?.removeAttribute('aria-busy');
  if (result === null) {
    announce(root, root.getAttribute('data-hostler-lost') ?? '');
    return false;
  }
  const done = result.success === true;
  announce(root, String((done ? result.data?.message : result.errors) ?? ''));
  return done;
}

/**
 * Fetches the first password, shows it for a while and takes it away again.
 * @param {HTMLFormElement} form
 * @param {typeof fetch} post
 * @param {(tick: () => void, milliseconds: number) => unknown} every starts what is repeated
 * @param {(ticking: any) => void} stop ends it
 * @returns {Promise<boolean>} whether it was shown
 */
export async function reveal(form, post, every, stop) {
  const field = /** @type {HTMLInputElement} */ (form.querySelector('#hostler-login-password'));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('button'));
  const root = form.closest('.hostler') ?? form;
  const result = await posted(form, post);
  const password = result?.success === true ? result.data?.password : undefined;
  if (typeof password !== 'string') {
    announce(root, String(result?.errors ?? root.getAttribute('data-hostler-lost') ?? ''));
    return false;
  }
  let left = Number(form.dataset.hostlerReveal);
  const part = form.closest('[data-hostler-part]');
  part?.setAttribute('data-hostler-busy', '');
  field.value = password;
  field.type = 'text';
  button.disabled = true;
  const say = () => {
    button.textContent = (form.dataset.hostlerHiding ?? '').replace('%s', String(left));
  };
  say();
  const ticking = every(() => {
    left -= 1;
    if (left > 0) {
      say();
      return;
    }
    stop(ticking);
    field.value = '';
    field.type = 'password';
    button.disabled = false;
    button.textContent = form.dataset.hostlerAgain ?? '';
    part?.removeAttribute('data-hostler-busy');
  }, 1000);
  return true;
}

/**
 * Posts a form and reads the answer; null where there was none.
 * @param {HTMLFormElement} form
 * @param {typeof fetch} post
 * @returns {Promise<any>}
 */
async function posted(form, post) {
  const view = form.ownerDocument.defaultView ?? window;
  const fields = new view.URLSearchParams();
  new view.FormData(form).forEach((value, name) => fields.append(name, String(value)));
  try {
    const answer = await post(form.action, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: fields.toString(),
    });
    return await answer.json();
  } catch {
    return null;
  }
}

/** How the window of a screen looks. */
const WINDOW = 'width=1024,height=768,resizable=yes,scrollbars=yes,toolbar=no,menubar=no,location=no,status=no';

/**
 * Says where the console opens: a screen in a window of its own, a page of the platform on the page where there is room for
 * it, else in a window too.
 * @param {HTMLFormElement} form
 * @param {number} width of the window
 * @param {(address: string, name: string, looks: string) => Window | null} open
 * @returns {boolean} whether there is a place for it
 */
export function launch(form, width, open) {
  const root = form.closest('.hostler') ?? form.ownerDocument.body;
  const name = form.dataset.hostlerWindow;
  if (name) {
    const opened = open('', name, WINDOW);
    if (!opened) {
      announce(root, form.dataset.hostlerBlocked ?? '');
      return false;
    }
    opened.focus();
    form.target = name;
    launched(form, 'window');
    return true;
  }
  const frame = root.querySelector('[data-hostler-frame]');
  const inline = width > NARROW && frame !== null;
  form.target = inline ? 'hostler_console' : '_blank';
  if (inline && frame) {
    frame.removeAttribute('hidden');
    frame.scrollIntoView?.();
  }
  launched(form, inline ? 'iframe' : 'window');
  return true;
}

/**
 * Takes a console away that is shown on the page: the session, or the service's use, is over.
 * @param {Element} root
 */
export function shut(root) {
  const frame = root.querySelector('[data-hostler-frame]');
  const shown = frame?.querySelector('iframe');
  if (!frame || !shown || frame.hasAttribute('hidden')) {
    return;
  }
  frame.setAttribute('hidden', '');
  // Another one of the same name: a page of the platform's cannot be told to go.
  shown.replaceWith(shown.cloneNode());
}

/**
 * @param {HTMLFormElement} form
 * @param {string} launchMethod
 */
function launched(form, launchMethod) {
  const view = form.ownerDocument.defaultView ?? window;
  form.dispatchEvent(new view.CustomEvent('console-launched', { bubbles: true, detail: { launchMethod } }));
}

/** The billing system's own buttons of an administrator's page, and which of them a state makes pointless. */
const SWITCHES = ['btnStart_VM', 'btnShutdown_VM', 'btnStop_VM', 'btnReset_VM'];
/** @type {Record<string, string[]>} */
const POINTLESS = {
  started: ['btnCreate', 'btnStart_VM'],
  stopped: ['btnCreate', 'btnShutdown_VM', 'btnStop_VM', 'btnReset_VM'],
  building: ['btnChange_Package', ...SWITCHES],
};

/**
 * Disables what the machine's state makes pointless. Called again whenever the page around it was drawn anew.
 * @param {Document} page
 */
export function guard(page) {
  const state = page.querySelector('[data-hostler-vm-state]')?.getAttribute('data-hostler-vm-state');
  if (!state) {
    return;
  }
  const pointless = POINTLESS[state] ?? [];
  for (const id of [...SWITCHES, 'btnCreate', 'btnChange_Package']) {
    const button = page.getElementById(id);
    const is = pointless.includes(id);
    // What somebody else disabled stays so.
    if (button && is !== button.hasAttribute('data-hostler-guarded')) {
      button.toggleAttribute('data-hostler-guarded', is);
      button.toggleAttribute('disabled', is);
    }
  }
}

/** The links of the billing system's own sidebar that ask for what our forms do. */
const LINKS = 'a[id^="Primary_Sidebar-Service_Details_Actions-Custom_Module_Button_"]';
/** @type {Record<string, string>} */
const FORMS = { Start_VM: 'boot', Stop_VM: 'poweroff', Shutdown_VM: 'shutdown', Reset_VM: 'restart' };

/**
 * The button of ours that a link of the sidebar stands for.
 * @param {Element} link
 * @returns {HTMLButtonElement | null}
 */
export function counterpart(link) {
  const action = FORMS[link.id.split('Custom_Module_Button_')[1] ?? ''];
  return /** @type {HTMLButtonElement | null} */ (
    action ? link.ownerDocument.getElementById(`hostler-power-${action}`) : null
  );
}

/**
 * Shows which links of the sidebar lead nowhere at present.
 * @param {Document} page
 */
export function mark(page) {
  page.querySelectorAll(LINKS).forEach((link) => {
    const button = counterpart(link);
    link.classList.toggle('disabled', button?.disabled === true);
    link.setAttribute('aria-disabled', String(button?.disabled === true));
  });
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
  const again = async () => {
    await Promise.all(polls.map((running) => running.now()));
    mark(page);
  };
  page.addEventListener('submit', async (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.matches('form[data-hostler-action]')) {
      event.preventDefault();
      await send(form, get, (question) => view.confirm(question));
      await again();
    } else if (form.matches('form[data-hostler-reveal]')) {
      event.preventDefault();
      await reveal(form, get, view.setInterval.bind(view), view.clearInterval.bind(view));
      await again();
    } else if (form.matches('form[data-hostler-console]')) {
      if (!launch(form, view.innerWidth, view.open.bind(view))) {
        event.preventDefault();
        return;
      }
      // The browser sends the form with the token that it holds now; then the token is spent.
      view.setTimeout(() => void again(), 0);
    }
  });
  page.addEventListener('click', (event) => {
    const target = /** @type {Element} */ (event.target);
    const link = target.closest(LINKS);
    const button = link && counterpart(link);
    if (link && button) {
      event.preventDefault();
      event.stopImmediatePropagation();
      button.click();
      return;
    }
    const question = page.querySelector('[data-hostler-vm-state]')?.getAttribute('data-hostler-confirm');
    const pressed = target.closest(SWITCHES.map((id) => `#${id}`).join(','));
    if (pressed && question && !view.confirm(question)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);
  mark(page);
  if (page.querySelector('[data-hostler-vm-state]')) {
    guard(page);
    new view.MutationObserver(() => guard(page)).observe(page.body, { childList: true, subtree: true });
  }
}

if (typeof document !== 'undefined') {
  start(document);
}

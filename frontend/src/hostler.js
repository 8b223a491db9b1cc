// What the pages do beyond HTML: they refresh themselves, send forms without leaving the page, draw what is a table,
// and hide what is not for screenshots. All of it is optional: without this file the pages show the same values, and the
// forms are sent as ordinary posts. What markup and script agreed upon is in docs/client-page.md.
//
// The order: saying, replacing what differs, fetching, sending, secrets, and then one section for each help of a panel;
// `start` at the end ties them to a document. Whatever a section does to markup it can do again to fresh markup.
// @ts-check

/** The field of a one-time token. */
const ONCE = 'input[name="hostler_once"]';

/** What is nowhere else and must not be lost by a refresh: a private key that was made here. */
const KEPT = '[data-hostler-kept]';

/** A window that is wider than this, in pixels, has the console on the page. */
const NARROW = 500;

/** Milliseconds between tries while the server does not answer, at most. */
const SLOWEST = 30000;

/** How long a mark of success stays on a button, in milliseconds. */
const MARKED = 1500;

/** How long an answer is held against what is told meanwhile, in milliseconds. */
const HELD = 5000;

/** How long it is said that something was done, in milliseconds. */
const BRIEF = 8000;

/** How long it is counted that something is under way, in seconds; the progress on the page tells the rest. */
const COUNTED = 300;

/** Where the mask's state is kept while the browser's tab lives; the name is the one of the module before us. */
const MASKED = 'vfIpMasked';

/**
 * Says something to whoever looks or listens.
 * @param {Element} root
 * @param {string} text
 */
export function announce(root, text) {
  const place = root.querySelector('[data-hostler-announce]')
    ?? root.ownerDocument.querySelector('[data-hostler-announce]');
  const said = veiled(root.closest('.hostler') ?? root, text);
  if (place && place.textContent !== said) {
    place.textContent = said;
  }
}

/** What was answered to somebody, and until when nothing takes its place. @type {WeakMap<Element, {text: string, until: number}>} */
const answered = new WeakMap();

/**
 * Says what the answer to a click is. The refresh that follows at once must not talk it down.
 * @param {Element} root
 * @param {string} text
 */
function answerWith(root, text) {
  answered.set(root, { text, until: Date.now() + HELD });
  announce(root, text);
}

/**
 * Says what a refresh has brought, behind an answer that is still to be heard.
 * @param {Element} root
 * @param {string} text
 */
function tellBehind(root, text) {
  const answer = answered.get(root);
  announce(root, answer && answer.until > Date.now() ? `${answer.text} ${text}` : text);
}

/**
 * Says that something was done. Nobody has to act on it, so it goes by itself.
 * @param {Element} root
 * @param {string} text
 */
function announceBriefly(root, text) {
  answerWith(root, text);
  const place = root.querySelector('[data-hostler-announce]');
  const said = place?.textContent;
  soon(() => {
    if (said && place?.textContent === said) {
      announce(root, '');
    }
  }, BRIEF);
}

/**
 * Does something later that is not worth waiting for when everything else has ended.
 * @param {() => void} what
 * @param {number} milliseconds
 */
function soon(what, milliseconds) {
  /** @type {any} */ (setTimeout(what, milliseconds)).unref?.();
}

/** The markup that a part was last received as: what is shown of it may have been changed by this script or a person. */
/** @type {WeakMap<Element, string>} */
const received = new WeakMap();

/**
 * Remembers the markup of all parts that are new.
 * @param {Element} root
 */
export function remember(root) {
  for (const part of root.querySelectorAll('[data-hostler-part][id]')) {
    if (!received.has(part)) {
      received.set(part, bare(part));
    }
  }
}

/**
 * Puts the parts of a fresh fragment where they differ from what is shown. What is the same stays untouched, so that
 * nothing jumps and a screen reader does not read it again; the focus stays where it was, what was typed stays typed,
 * and open details stay open.
 * @param {Element} shown
 * @param {Element} fresh
 * @returns {string[]} the texts that are worth telling
 */
export function merge(shown, fresh) {
  /** @type {string[]} */
  const told = [];
  const token = fresh.querySelector(ONCE)?.getAttribute('value');
  const every = fresh.querySelector('[data-hostler-every]')?.getAttribute('data-hostler-every');
  arrange(shown, fresh, told);
  if (token) {
    shown.querySelectorAll(ONCE).forEach((field) => field.setAttribute('value', token));
  }
  if (every) {
    shown.querySelector('[data-hostler-every]')?.setAttribute('data-hostler-every', every);
  }
  return told;
}

/**
 * The parts of an element that stand in no other part of it.
 * @param {Element} root
 */
function parts(root) {
  return [...root.querySelectorAll('[data-hostler-part][id]')].filter((part) => {
    const above = part.parentElement?.closest('[data-hostler-part][id]');
    return !above || above === root || !root.contains(above);
  });
}

/**
 * Settles each part; where there are others than before, those that stay are put among the fresh ones.
 * @param {Element} shown
 * @param {Element} fresh
 * @param {string[]} told
 */
function arrange(shown, fresh, told) {
  const old = parts(shown);
  const now = parts(fresh);
  const names = (/** @type {Element[]} */ list) => list.map((part) => part.id).join(' ');
  if (names(old) === names(now)) {
    now.forEach((part, at) => settle(old[at], part, told));
    return;
  }
  tell(shown, fresh, told);
  keepingPlace(shown, () => {
    for (const part of now) {
      const kept = old.find((one) => one.id === part.id);
      if (kept && stays(kept, part)) {
        within(kept, part, told);
        part.replaceWith(kept);
      }
    }
    shown.replaceChildren(...fresh.childNodes);
  });
}

/**
 * @param {Element} old
 * @param {Element} part the fresh one
 * @param {string[]} told
 */
function settle(old, part, told) {
  if (!stays(old, part)) {
    tell(old, part, told);
    keepingPlace(old, () => old.replaceWith(part));
  } else {
    within(old, part, told);
  }
}

/**
 * Settles what stands in a part that stays. One of which the server has sent nothing may still have sent parts within.
 * @param {Element} old
 * @param {Element} part the fresh one
 * @param {string[]} told
 */
function within(old, part, told) {
  if (untouched(old)) {
    return;
  }
  const inner = parts(old);
  for (const fresh of parts(part)) {
    const shown = inner.find((one) => one.id === fresh.id);
    if (shown) {
      settle(shown, fresh, told);
    }
  }
}

/**
 * Whether a part is left alone for now: it shows something for a while, or somebody is writing in it.
 * @param {Element} part
 */
function untouched(part) {
  return part.hasAttribute('data-hostler-busy') || typing(part);
}

/**
 * Whether a part stays. A part within a part is handled by itself, and the outer one by what is left of it.
 * @param {Element} old
 * @param {Element} part
 */
function stays(old, part) {
  return untouched(old) || part.hasAttribute('data-hostler-same') || old.querySelector(KEPT) !== null
    || (received.get(old) ?? bare(old)) === bare(part);
}

/**
 * The markup of a part without what stands in parts of its own.
 * @param {Element} part
 */
function bare(part) {
  const copy = /** @type {Element} */ (part.cloneNode(true));
  for (const inner of copy.querySelectorAll('[data-hostler-part][id]')) {
    const place = part.ownerDocument.createElement('i');
    place.id = inner.id;
    inner.replaceWith(place);
  }
  copy.querySelectorAll('details[open]').forEach((details) => details.removeAttribute('open'));
  // Every page has a one-time token of its own, which is no reason to put a part in another's place.
  copy.querySelectorAll(ONCE).forEach((field) => field.removeAttribute('value'));
  return copy.outerHTML;
}

/**
 * Whether somebody is writing in it, whose words would be taken away.
 * @param {Element} part
 */
function typing(part) {
  const field = /** @type {any} */ (part.ownerDocument.activeElement);
  return Boolean(field) && part.contains(field) && field.matches('input, textarea') && changed(field) && field.type !== 'radio';
}

/**
 * Whether a field is not as the server sent it.
 * @param {any} field
 */
function changed(field) {
  if (field.type === 'radio' || field.type === 'checkbox') {
    return field.checked !== field.defaultChecked;
  }
  if (field.options) {
    const sent = [...field.options].findIndex((/** @type {any} */ option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(sent, 0);
  }
  return field.type !== 'hidden' && !field.readOnly && field.value !== field.defaultValue;
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
  told.push(...texts(fresh).filter((text) => text !== '' && !before.includes(text) && !told.includes(text)));
}

/**
 * Replaces something and gives back focus, open details and what was filled in.
 * @param {Element} root
 * @param {() => void} replace
 */
function keepingPlace(root, replace) {
  const page = root.ownerDocument;
  const focused = page.activeElement && root.contains(page.activeElement) ? page.activeElement.id : '';
  const open = [...root.querySelectorAll('details[open][id]')].map((details) => details.id);
  // A choice among several has no id of its own, but a name and a value.
  const key = (/** @type {any} */ field) => field.id || `${field.name} ${field.type === 'radio' ? field.value : ''}`;
  const fields = () => [.../** @type {NodeListOf<any>} */ (page.querySelectorAll('.hostler :is(input, textarea, select)'))];
  const filled = new Map(fields().filter((field) => root.contains(field) && changed(field))
    .map((field) => [key(field), { value: field.value, checked: field.checked }]));
  replace();
  open.forEach((id) => page.getElementById(id)?.setAttribute('open', ''));
  for (const field of filled.size ? fields() : []) {
    const was = filled.get(key(field));
    if (was && !field.readOnly) {
      field.value = was.value;
      field.checked = was.checked;
    }
  }
  if (focused && page.activeElement?.id !== focused) {
    page.getElementById(focused)?.focus();
  }
}

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
      const answer = await get(address(root), { credentials: 'same-origin', headers: { 'x-requested-with': 'fetch' } });
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
    const parsed = new (page.defaultView ?? window).DOMParser().parseFromString(html, 'text/html');
    const fresh = parsed.querySelector('[data-hostler-live]') ?? parsed.body;
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
 * Copies the text of a button, or of the element that it names.
 * @param {HTMLElement} button
 * @param {{writeText: (text: string) => Promise<void>} | undefined} clipboard
 */
export async function copy(button, clipboard) {
  const page = button.ownerDocument;
  const root = button.closest('.hostler') ?? page.body;
  const source = page.getElementById(button.dataset.hostlerCopyFrom ?? '');
  const text = button.dataset.hostlerCopy || (source ? plain(source) : '');
  let done = false;
  try {
    if (!clipboard) {
      throw new Error('no clipboard');
    }
    await clipboard.writeText(text);
    done = true;
  } catch {
    // Without a secure connection, or where the browser asks and is refused, the older way may still be open.
    done = copyByHand(page, root, text);
  }
  announceBriefly(root, (done ? button.dataset.hostlerCopied : button.dataset.hostlerUncopied) ?? '');
  button.setAttribute('data-hostler-done', done ? 'yes' : 'no');
  soon(() => button.removeAttribute('data-hostler-done'), MARKED);
}

/**
 * @param {Document} page
 * @param {Element} root
 * @param {string} text
 */
function copyByHand(page, root, text) {
  const focused = /** @type {HTMLElement | null} */ (page.activeElement);
  const field = page.createElement('textarea');
  field.value = text;
  field.setAttribute('readonly', '');
  field.setAttribute('aria-hidden', 'true');
  field.className = 'hostler-aside';
  root.append(field);
  field.select();
  const done = page.execCommand?.('copy') === true;
  field.remove();
  focused?.focus?.();
  return done;
}

/**
 * Posts a form and reads the answer; null where there was none.
 * @param {HTMLFormElement} form
 * @param {typeof fetch} post
 * @returns {Promise<{status: number, body: any} | null>}
 */
async function posted(form, post) {
  const view = form.ownerDocument.defaultView ?? window;
  const fields = new view.URLSearchParams();
  // With this field the answer is a page, for people without a script.
  new view.FormData(form).forEach((value, name) => name === 'hostler_return' || fields.append(name, String(value)));
  try {
    const answer = await post(form.action, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: fields.toString(),
    });
    return { status: answer.status, body: await answer.json() };
  } catch {
    return null;
  }
}

/**
 * What to say of an answer that is no success.
 * @param {Element} root
 * @param {{status: number, body: any} | null} answer
 */
function refusal(root, answer) {
  const told = answer?.status === 401 ? root.getAttribute('data-hostler-ended') : answer?.body?.errors;
  return String(told || root.getAttribute('data-hostler-lost') || '');
}

/** Until when the forms of an address rest, in milliseconds. @type {Map<string, number>} */
const resting = new Map();

/** @param {Element} form */
const restKey = (form) => form.getAttribute('action') ?? '';

/**
 * The buttons that send a form, also where they stand outside of it.
 * @param {HTMLFormElement} form
 */
const senders = (form) => [...form.elements].filter((element) => element.matches('button:not([type="button"])'));

/**
 * Whether a form is being sent, or rests after an answer. Forms of one address do so together.
 * @param {Element} form
 */
export const frozen = (form) => (resting.get(restKey(form)) ?? 0) > Date.now();

/**
 * Shows which forms rest, also in markup that has just come. Their buttons can still be reached by keyboard: one that
 * has the focus and was disabled would lose it.
 * @param {Element} root
 */
export function frost(root) {
  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (root.querySelectorAll('form[data-hostler-action]'))) {
    const cold = frozen(form);
    const sent = resting.get(restKey(form)) === Infinity;
    for (const button of senders(form)) {
      if (cold && !button.hasAttribute('disabled')) {
        button.setAttribute('aria-disabled', 'true');
        button.setAttribute('data-hostler-cold', '');
      } else if (!cold && button.hasAttribute('data-hostler-cold')) {
        button.removeAttribute('aria-disabled');
        button.removeAttribute('data-hostler-cold');
      }
    }
    for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('input[type="text"], textarea'))) {
      if (sent && !field.readOnly) {
        field.readOnly = true;
        field.setAttribute('data-hostler-cold', '');
      } else if (!sent && field.hasAttribute('data-hostler-cold')) {
        field.readOnly = false;
        field.removeAttribute('data-hostler-cold');
      }
    }
  }
}

/**
 * The question before a form is sent, with the label of what was chosen.
 * @param {HTMLFormElement} form
 */
function question(form) {
  const checked = /** @type {HTMLInputElement | null} */ (form.querySelector('input[type="radio"]:checked'));
  const label = checked?.labels?.[0]?.textContent?.replace(/\s+/g, ' ').trim() ?? '';
  return (form.dataset.hostlerConfirm ?? '').replace('%s', () => label);
}

/**
 * Sends a form without leaving the page and says what came of it.
 * @param {HTMLFormElement} form
 * @param {typeof fetch} post
 * @param {(question: string) => boolean} ask
 * @param {() => Promise<unknown>} [after] what follows any answer, before the form counts as done with
 * @returns {Promise<boolean>} whether it was done
 */
export async function send(form, post, ask, after) {
  const root = form.closest('.hostler') ?? form;
  if (frozen(form) || (form.dataset.hostlerConfirm && !ask(question(form)))) {
    return false;
  }
  const button = senders(form)[0];
  button?.setAttribute('aria-busy', 'true');
  resting.set(restKey(form), Infinity);
  const sending = posted(form, post);
  frost(root);
  const counted = count(form);
  const answer = await sending;
  const done = answer?.body?.success === true;
  button?.removeAttribute('aria-busy');
  rest(root, form, answer ? Number(form.dataset.hostlerCool ?? 0) : 0);
  const fields = /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('input[type="text"], textarea'));
  fields.forEach((field) => field.removeAttribute('aria-invalid'));
  if (done) {
    announceBriefly(root, String(answer?.body?.data?.message ?? ''));
    if (answer?.body?.data?.secret) {
      showSecret(root, answer.body.data.secret);
    }
    // What was sent is what is there now; a part with it may be replaced again. A consent is for one time.
    fields.forEach((field) => { field.defaultValue = field.value; });
    form.querySelectorAll('input[type="checkbox"][required]').forEach((consent) => { /** @type {any} */ (consent).checked = false; });
    if (typeof answer?.body?.token_url === 'string') {
      leave(root, answer.body.token_url, form.target);
    }
  } else {
    answerWith(root, refusal(root, answer));
    // Where there are several the sentence alone says which one is meant.
    if (answer?.status === 400 && fields.length === 1) {
      fields[0].setAttribute('aria-invalid', 'true');
    }
  }
  await after?.();
  counted();
  return done;
}

/**
 * Lets the forms of an address rest for so many seconds.
 * @param {Element} root
 * @param {Element} form
 * @param {number} seconds
 */
function rest(root, form, seconds) {
  resting.set(restKey(form), Date.now() + seconds * 1000);
  if (seconds > 0) {
    soon(() => frost(root), seconds * 1000 + 1);
  }
  frost(root);
}

/**
 * Goes to an address that an answer named: only to one that a browser opens as a page.
 * @param {Element} root
 * @param {string} url
 * @param {string} target of the form
 */
function leave(root, url, target) {
  const view = root.ownerDocument.defaultView ?? window;
  if (!/^https:\/\//i.test(url)) {
    return;
  }
  if (target !== '_blank' || !view.open(url, '_blank', 'noopener')) {
    view.location.assign(url);
  }
}

/**
 * Counts beside a form how long it is being sent.
 * @param {HTMLFormElement} form
 * @returns {() => void} ends it
 */
function count(form) {
  const text = form.dataset.hostlerElapsed;
  if (!text) {
    return () => {};
  }
  const place = form.ownerDocument.createElement('span');
  place.className = 'hostler-elapsed';
  senders(form)[0]?.after(place);
  let seconds = 0;
  const say = () => { place.textContent = text.replace('%s', String(seconds)); };
  say();
  const ticking = setInterval(() => {
    seconds += 1;
    say();
    if (seconds >= COUNTED) {
      clearInterval(ticking);
    }
  }, 1000);
  return () => { clearInterval(ticking); place.remove(); };
}

/**
 * Shows a secret once: in the one place for it, and nowhere else.
 * @param {Element} root
 * @param {{name?: unknown, password?: unknown}} secret
 */
export function showSecret(root, secret) {
  const box = root.querySelector('#hostler-secret-box');
  if (!box) {
    return;
  }
  for (const field of box.querySelectorAll('[data-hostler-field]')) {
    const value = field.getAttribute('data-hostler-field') === 'password' ? secret.password : secret.name;
    field.textContent = typeof value === 'string' ? value : '';
  }
  box.removeAttribute('hidden');
  const heading = /** @type {HTMLElement | null} */ (box.querySelector('h1, h2, h3, h4, [tabindex]') ?? box);
  heading?.setAttribute('tabindex', '-1');
  heading?.focus();
}

/**
 * Forgets the secret that is shown.
 * @param {Element} root
 */
export function forgetSecret(root) {
  const box = root.querySelector('#hostler-secret-box');
  box?.querySelectorAll('[data-hostler-field]').forEach((field) => { field.textContent = ''; });
  box?.setAttribute('hidden', '');
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
  const answer = await posted(form, post);
  const password = answer?.body?.success === true ? answer.body.data?.password : undefined;
  if (typeof password !== 'string') {
    answerWith(root, refusal(root, answer));
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

/** What stands behind a mask. @type {WeakMap<Element, string>} */
const originals = new WeakMap();

/**
 * What an element says, whether it is masked or not.
 * @param {Element} element
 */
const plain = (element) => originals.get(element) ?? /** @type {any} */ (element).value ?? element.textContent ?? '';

/**
 * Whether a page's sensitive texts are masked.
 * @param {Storage | null} storage
 */
export const isMasked = (storage) => storage?.getItem(MASKED) === '1';

/**
 * Puts on the mask, or takes it off, also from markup that has just come. Fields are veiled by the stylesheet: what is
 * typed into them has to stay readable for whoever types.
 * @param {Element} root
 * @param {boolean} on
 */
export function mask(root, on) {
  root.classList.toggle('vf-mask-active', on);
  for (const element of root.querySelectorAll('[data-hostler-masked]')) {
    if (element.matches('input, textarea, select')) {
      continue;
    }
    const original = originals.get(element);
    if (on && original === undefined) {
      originals.set(element, element.textContent ?? '');
      element.textContent = element.getAttribute('data-hostler-masked');
    } else if (!on && original !== undefined) {
      element.textContent = original;
      originals.delete(element);
    }
  }
  for (const button of root.querySelectorAll('[data-hostler-mask]')) {
    button.removeAttribute('hidden');
    button.setAttribute('aria-pressed', String(on));
  }
}

/**
 * A sentence as it may be shown: what is masked on the page is masked in it, too.
 * @param {Element} root
 * @param {string} text
 */
function veiled(root, text) {
  if (!root.classList.contains('vf-mask-active')) {
    return text;
  }
  const hidden = [...root.querySelectorAll('[data-hostler-masked]')]
    .map((element) => [plain(element).trim(), element.getAttribute('data-hostler-masked') ?? ''])
    .filter(([original]) => original.length > 1)
    .sort(([one], [other]) => other.length - one.length);
  return hidden.reduce((said, [original, shown]) => said.replaceAll(original, () => shown), text);
}

/** A month's pair of bars: at most as many pixels apart as they are wide. */
const PAIR = { share: 0.35, least: 4, gap: 2 };
/** The chart's height and the room around its bars, in pixels. */
const ROOM = { height: 240, top: 10, right: 10, bottom: 60, left: 58 };
const GIB = 2 ** 30;

/**
 * An amount on the chart's scale.
 * @param {number} gigabytes
 */
export const scale = (gigabytes) =>
  (gigabytes >= 1024 ? `${(gigabytes / 1024).toFixed(1)} TB` : `${gigabytes.toFixed(0)} GB`);

/**
 * The rows of a traffic table, oldest first, in gigabytes.
 * @param {Element} table
 */
export function months(table) {
  return [...table.querySelectorAll('tr[data-hostler-in][data-hostler-out]')].map((row) => ({
    label: row.firstElementChild?.textContent?.trim() ?? '',
    in: Math.max(0, Number(row.getAttribute('data-hostler-in')) || 0) / GIB,
    out: Math.max(0, Number(row.getAttribute('data-hostler-out')) || 0) / GIB,
  }));
}

/**
 * An element of a drawing.
 * @param {Document} page
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function drawn(page, name, attributes, text) {
  const element = page.createElementNS('http://www.w3.org/2000/svg', name);
  Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, String(value)));
  if (text !== undefined) {
    element.textContent = text;
  }
  return element;
}

/**
 * Draws the traffic of each month beside its table, as wide as there is room. The table stays what is read aloud.
 * @param {Element} place
 * @param {number} width
 */
export function chart(place, width) {
  const page = place.ownerDocument;
  const table = page.getElementById(place.getAttribute('data-hostler-chart') ?? '');
  const rows = table ? months(table) : [];
  place.toggleAttribute('hidden', rows.length === 0);
  if (!table || rows.length === 0) {
    place.replaceChildren();
    return;
  }
  const drawing = drawn(page, 'svg', { width, height: ROOM.height, viewBox: `0 0 ${width} ${ROOM.height}`, focusable: 'false' });
  const high = ROOM.height - ROOM.top - ROOM.bottom;
  const most = Math.max(1, ...rows.map((month) => month.in + month.out));
  for (let line = 0; line <= 4; line += 1) {
    const y = ROOM.top + high - (high * line) / 4;
    drawing.append(
      drawn(page, 'line', { class: 'hostler-grid', x1: ROOM.left, x2: width - ROOM.right, y1: y, y2: y }),
      drawn(page, 'text', { class: 'hostler-tick', x: ROOM.left - 6, y: y + 4, 'text-anchor': 'end' }, scale((most * line) / 4)),
    );
  }
  const slot = (width - ROOM.left - ROOM.right) / rows.length;
  const bar = Math.max(PAIR.least, PAIR.share * slot);
  // Where there is no room for every month's name, every second or third one is written.
  const step = Math.max(1, Math.ceil(44 / slot));
  const heads = [...table.querySelectorAll('thead th')].map((head) => head.textContent?.trim() ?? '');
  rows.forEach((month, at) => {
    const middle = ROOM.left + slot * (at + 0.5);
    /** @type {[('in' | 'out'), number][]} */
    const pair = [['in', middle - bar - PAIR.gap / 2], ['out', middle + PAIR.gap / 2]];
    pair.forEach(([which, x], column) => {
      const tall = (month[which] / most) * high;
      const box = drawn(page, 'rect', { class: `hostler-${which}`, x, y: ROOM.top + high - tall, width: bar, height: tall });
      box.append(drawn(page, 'title', {}, `${month.label}, ${heads[column + 1] ?? which}: ${gigabytes(month[which])}`));
      drawing.append(box);
    });
    if ((rows.length - 1 - at) % step === 0) {
      drawing.append(drawn(page, 'text', { class: 'hostler-tick', x: middle, y: ROOM.top + high + 18, 'text-anchor': 'middle' }, month.label));
    }
  });
  ['in', 'out'].forEach((which, at) => {
    const x = width / 2 + (at === 0 ? -90 : 20);
    drawing.append(
      drawn(page, 'rect', { class: `hostler-${which}`, x, y: ROOM.top + high + 36, width: 12, height: 12 }),
      drawn(page, 'text', { class: 'hostler-tick', x: x + 18, y: ROOM.top + high + 46 }, heads[at + 1] ?? which),
    );
  });
  place.replaceChildren(drawing);
}

/**
 * An amount in words that fit below a pointer.
 * @param {number} amount in gigabytes
 */
export function gigabytes(amount) {
  if (amount >= 1024) {
    return `${(amount / 1024).toFixed(2)} TB`;
  }
  const digits = amount >= 100 ? 0 : amount >= 10 ? 1 : 2;
  return `${amount.toFixed(digits)} GB`;
}

/** How many readings a line over time has, at most. */
const READINGS = 60;

/**
 * Adds the reading that is shown to those before it; the same reading counts once.
 * @param {{at: number, cpu: number, memory: number}[]} readings
 * @param {Element | null} figures
 */
export function observe(readings, figures) {
  const at = Number(figures?.getAttribute('data-hostler-at') ?? 0);
  if (!figures || !at || readings.some((reading) => reading.at >= at)) {
    return;
  }
  const number = (/** @type {string} */ name) => parseFloat(figures.getAttribute(`data-hostler-${name}`) ?? '');
  readings.push({ at, cpu: number('cpu'), memory: number('memory') });
  readings.splice(0, readings.length - READINGS);
}

/**
 * Draws a line over the readings of one figure, from 0 to 100 per cent.
 * @param {Element} place
 * @param {{at: number, cpu: number, memory: number}[]} readings
 */
export function spark(place, readings) {
  const which = place.getAttribute('data-hostler-spark') === 'memory' ? 'memory' : 'cpu';
  const known = readings.filter((reading) => Number.isFinite(reading[which]));
  place.toggleAttribute('hidden', known.length < 2);
  if (known.length < 2) {
    place.replaceChildren();
    return;
  }
  const [first, last] = [known[0].at, known[known.length - 1].at];
  const points = known.map((reading) => {
    const share = Math.min(100, Math.max(0, reading[which]));
    return `${(((reading.at - first) / (last - first)) * 200).toFixed(1)},${(40 - share * 0.4).toFixed(1)}`;
  });
  const page = place.ownerDocument;
  const drawing = drawn(page, 'svg', { viewBox: '-1 -1 202 42', preserveAspectRatio: 'none', class: 'hostler-line-graph', focusable: 'false' });
  drawing.append(drawn(page, 'polyline', { points: points.join(' '), fill: 'none' }));
  place.replaceChildren(drawing);
}

/** Which groups were open before a search opened those with something in them. @type {WeakMap<Element, boolean>} */
const wasOpen = new WeakMap();

/**
 * Shows what has the text that is looked for, and says how much that is.
 * @param {HTMLInputElement} field
 */
export function filter(field) {
  const root = field.closest('[data-hostler-part]') ?? field.ownerDocument;
  const wanted = field.value.trim().toLowerCase();
  let found = 0;
  for (const item of root.querySelectorAll(field.dataset.hostlerFilter ?? 'i:not(*)')) {
    const fits = (item.getAttribute('data-hostler-text') ?? '').includes(wanted);
    item.toggleAttribute('hidden', !fits);
    found += Number(fits);
  }
  for (const group of root.querySelectorAll('[data-hostler-group]')) {
    const some = group.querySelector(`:is(${field.dataset.hostlerFilter}):not([hidden])`);
    group.toggleAttribute('hidden', !some);
    if (wanted && !wasOpen.has(group)) {
      wasOpen.set(group, group.hasAttribute('open'));
    }
    if (group.matches('details') && (wanted || wasOpen.has(group))) {
      group.toggleAttribute('open', wanted ? Boolean(some) : wasOpen.get(group));
    }
    if (!wanted) {
      wasOpen.delete(group);
    }
  }
  const say = field.closest('p, div')?.querySelector('[data-hostler-found]') ?? root.querySelector('[data-hostler-found]');
  if (say) {
    const words = say.getAttribute(found ? 'data-hostler-found-some' : 'data-hostler-found-none') ?? '';
    say.textContent = wanted ? words.replace('%s', String(found)) : '';
  }
}

const ADJECTIVES = ['swift', 'bold', 'calm', 'keen', 'fair', 'brave', 'cool', 'sage', 'free', 'warm'];
const NOUNS = ['cloud', 'node', 'core', 'link', 'bolt', 'wave', 'star', 'peak', 'edge', 'dock'];
/** How many names are offered at once. */
const OFFERED = 4;

/**
 * Names to choose from, all different.
 * @param {(below: number) => number} dice
 */
export function names(dice) {
  /** @type {Set<string>} */
  const made = new Set();
  while (made.size < OFFERED) {
    made.add(`${ADJECTIVES[dice(ADJECTIVES.length)]}-${NOUNS[dice(NOUNS.length)]}-${10 + dice(90)}`);
  }
  return [...made];
}

/** @param {number} below */
const dice = (below) => Math.floor(Math.random() * below);

/**
 * Offers names for a field. Choosing one only fills it in.
 * @param {Element} place
 */
export function suggest(place) {
  const page = place.ownerDocument;
  const field = /** @type {HTMLInputElement | null} */ (page.getElementById(place.getAttribute('data-hostler-suggest') ?? ''));
  if (!field || field.disabled || place.childElementCount > 0) {
    return;
  }
  const opener = button(page, place.getAttribute('data-hostler-label') ?? '');
  opener.setAttribute('aria-expanded', 'false');
  opener.id = `${field.id}-suggest`;
  const list = page.createElement('div');
  list.className = 'hostler-suggestions';
  list.id = `${field.id}-suggestions`;
  list.hidden = true;
  opener.setAttribute('aria-controls', list.id);
  const close = () => { list.hidden = true; opener.setAttribute('aria-expanded', 'false'); };
  const offer = () => {
    const offered = names(dice).map((name) => {
      const choice = button(page, name);
      choice.addEventListener('click', () => {
        field.value = name;
        close();
        field.focus();
      });
      return choice;
    });
    const more = button(page, place.getAttribute('data-hostler-more') ?? '');
    more.addEventListener('click', () => { offer(); /** @type {HTMLElement} */ (list.firstElementChild)?.focus(); });
    list.replaceChildren(...offered, more);
  };
  opener.addEventListener('click', () => {
    if (list.hidden) {
      offer();
      list.hidden = false;
      opener.setAttribute('aria-expanded', 'true');
    } else {
      close();
    }
  });
  place.addEventListener('keydown', (event) => {
    if (/** @type {KeyboardEvent} */ (event).key === 'Escape' && !list.hidden) {
      close();
      opener.focus();
    }
  });
  place.append(opener, list);
  place.removeAttribute('hidden');
}

/**
 * A button as those of the markup.
 * @param {Document} page
 * @param {string} text
 */
function button(page, text) {
  const made = page.createElement('button');
  made.type = 'button';
  made.className = 'btn btn-default btn-secondary btn-sm';
  made.textContent = text;
  return made;
}

/**
 * Bytes as SSH packs them: each piece behind its length.
 * @param {...(Uint8Array | string)} pieces
 */
export function packed(...pieces) {
  const bytes = pieces.map((piece) => (typeof piece === 'string' ? new TextEncoder().encode(piece) : piece));
  const all = new Uint8Array(bytes.reduce((length, piece) => length + 4 + piece.length, 0));
  let at = 0;
  for (const piece of bytes) {
    new DataView(all.buffer).setUint32(at, piece.length);
    all.set(piece, at + 4);
    at += 4 + piece.length;
  }
  return all;
}

/** @param {...Uint8Array} pieces */
function joined(...pieces) {
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  pieces.forEach((piece) => { all.set(piece, at); at += piece.length; });
  return all;
}

/** @param {Uint8Array} bytes */
const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

/**
 * A pair of keys in OpenSSH's own formats, made in the browser: the private one never leaves it.
 * @param {Crypto} crypto
 * @param {string} comment
 * @returns {Promise<{open: string, secret: string}>}
 */
export async function keyPair(crypto, comment) {
  const kind = 'ssh-ed25519';
  const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify']));
  const open = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  // The last 32 bytes of the wrapped form are the seed.
  const seed = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)).slice(-32);
  const line = packed(kind, open);
  const check = crypto.getRandomValues(new Uint8Array(4));
  const inner = joined(check, check, packed(kind, open, joined(seed, open), comment));
  const padding = Uint8Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, at) => at + 1);
  const count = Uint8Array.of(0, 0, 0, 1);
  const whole = joined(
    new TextEncoder().encode('openssh-key-v1\0'), packed('none', 'none', ''), count, packed(line, joined(inner, padding)),
  );
  const lines = base64(whole).match(/.{1,70}/g) ?? [];
  return {
    open: `${kind} ${base64(line)} ${comment}`,
    secret: ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n'),
  };
}

/**
 * Offers to make a pair of keys for a field: the public one is filled in, the private one is shown and can be kept.
 * @param {Element} place
 * @param {Crypto | undefined} crypto
 */
export function keygen(place, crypto) {
  const page = place.ownerDocument;
  const field = /** @type {HTMLTextAreaElement | null} */ (page.getElementById(place.getAttribute('data-hostler-keygen') ?? ''));
  const word = (/** @type {string} */ name) => place.getAttribute(`data-hostler-${name}`) ?? '';
  if (!field || place.childElementCount > 0) {
    return;
  }
  const maker = button(page, word('label'));
  const result = page.createElement('div');
  maker.addEventListener('click', async () => {
    try {
      if (!crypto?.subtle) {
        throw new Error('not a secure page');
      }
      const { open, secret } = await keyPair(crypto, 'hostler');
      field.value = open;
      result.replaceChildren(...kept(page, field.id, secret, word));
      /** @type {HTMLElement} */ (result.querySelector('textarea')).focus();
    } catch {
      result.textContent = word('unable');
      announce(place, word('unable'));
    }
  });
  place.replaceChildren(maker, result);
  place.removeAttribute('hidden');
}

/**
 * The private key, with the ways to keep it.
 * @param {Document} page
 * @param {string} id
 * @param {string} secret
 * @param {(name: string) => string} word
 */
function kept(page, id, secret, word) {
  const label = page.createElement('label');
  label.htmlFor = `${id}-private`;
  label.textContent = word('private');
  const shown = page.createElement('textarea');
  Object.assign(shown, { id: label.htmlFor, readOnly: true, value: secret, rows: 6, spellcheck: false, autocomplete: 'off' });
  shown.className = 'form-control hostler-key';
  shown.dataset.hostlerKept = '';
  const hint = page.createElement('p');
  hint.className = 'hostler-hint';
  hint.textContent = word('hint');
  const copier = button(page, word('copy'));
  copier.dataset.hostlerCopyFrom = shown.id;
  const saver = button(page, word('download'));
  saver.addEventListener('click', () => {
    const view = /** @type {any} */ (page.defaultView ?? window);
    const link = page.createElement('a');
    link.href = view.URL.createObjectURL(new view.Blob([secret], { type: 'application/octet-stream' }));
    link.download = 'id_ed25519';
    link.click();
    soon(() => view.URL.revokeObjectURL(link.href), 1000);
  });
  const row = page.createElement('div');
  row.className = 'hostler-buttons';
  row.append(copier, saver);
  return [label, shown, hint, row];
}

/**
 * Shows what belongs to the value that is chosen.
 * @param {HTMLSelectElement} choice
 */
export function reveals(choice) {
  const [value, id] = (choice.dataset.hostlerReveals ?? '').split(':');
  choice.ownerDocument.getElementById(id ?? '')?.toggleAttribute('hidden', choice.value !== value);
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
    const answer = await get(pressed.dataset.hostlerMore ?? '', { credentials: 'same-origin', headers: { 'x-requested-with': 'fetch' } });
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    const fresh = new (page.defaultView ?? window).DOMParser().parseFromString(await answer.text(), 'text/html');
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

/** Links to the page's panels: ours, and those that the billing system has in its own sidebar. */
const JUMPS = 'a[data-hostler-target], a[data-vf-target]';

/**
 * The panel that a link leads to; null where it is not there or not shown.
 * @param {Element} link
 */
function jumpsTo(link) {
  const id = link.getAttribute('data-hostler-target') ?? link.getAttribute('data-vf-target') ?? '';
  const panel = link.ownerDocument.getElementById(id);
  return panel && !panel.hidden && panel.childElementCount > 0 ? panel : null;
}

/**
 * Shows only the links whose panels are there.
 * @param {Document} page
 */
export function sections(page) {
  for (const link of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll(JUMPS))) {
    // Not by the attribute: a theme's own rule for lists may be stronger than it.
    (link.closest('li') ?? link).style.display = jumpsTo(link) ? '' : 'none';
  }
}

/**
 * Goes to a panel: smoothly where that is liked, with the address of it, and with the focus.
 * @param {Element} link
 * @returns {boolean} whether there was one
 */
export function jump(link) {
  const panel = jumpsTo(link);
  const view = link.ownerDocument.defaultView ?? window;
  if (!panel) {
    return false;
  }
  const calm = view.matchMedia?.('(prefers-reduced-motion: reduce)').matches;
  panel.scrollIntoView?.({ behavior: calm ? 'auto' : 'smooth', block: 'start' });
  view.history.replaceState(view.history.state, '', `#${panel.id}`);
  panel.setAttribute('tabindex', '-1');
  panel.focus({ preventScroll: true });
  return true;
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

/** How long sizes have to stand still before a chart is drawn anew, in milliseconds. */
const STILL = 200;

/**
 * Makes use of markup that has just come, or come again.
 * @param {Element} root
 * @param {{at: number, cpu: number, memory: number}[]} readings
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
  root.querySelectorAll('button[data-hostler-more]').forEach((more) => more.removeAttribute('hidden'));
  sections(page);
  mark(page);
}

/** @param {Element} place */
function redraw(place) {
  // A place that is hidden has no width of its own.
  place.removeAttribute('hidden');
  chart(place, Math.max(240, Math.floor(place.getBoundingClientRect().width) || 600));
}

/**
 * Where the mask's state is kept; null where the browser keeps nothing.
 * @param {Window} view
 * @returns {Storage | null}
 */
function stored(view) {
  try {
    return view.sessionStorage;
  } catch {
    return null;
  }
}

/**
 * Makes a document live.
 * @param {Document} page
 */
export function start(page) {
  const view = page.defaultView ?? window;
  const get = view.fetch.bind(view);
  const roots = [...page.querySelectorAll('.hostler')];
  /** @type {{at: number, cpu: number, memory: number}[]} */
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
      const on = !isMasked(stored(view));
      stored(view)?.setItem(MASKED, on ? '1' : '0');
      roots.forEach((one) => mask(one, on));
    } else if (pressed?.matches('[data-hostler-forget]') && root) {
      forgetSecret(root);
      root.querySelector('[data-hostler-announce]')?.setAttribute('tabindex', '-1');
      /** @type {HTMLElement | null} */ (root.querySelector('[data-hostler-announce]'))?.focus();
    } else if (pressed?.matches('[data-hostler-more]')) {
      void further(pressed, get).then(renewed);
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
    field.removeAttribute?.('aria-invalid');
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
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let still;
  view.addEventListener('resize', () => {
    clearTimeout(still);
    still = setTimeout(() => page.querySelectorAll('.hostler [data-hostler-chart]').forEach(redraw), STILL);
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

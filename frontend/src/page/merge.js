// Putting a fresh fragment in the place of what is shown, without disturbing whoever reads, listens or types.

/** The field of a one-time token. */
const ONCE = 'input[name="hostler_once"]';

/** What is nowhere else and must not be lost by a refresh: a private key that was made here. */
const KEPT = '[data-hostler-kept]';

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
  const news = texts(fresh).filter((text) => text !== '' && !before.includes(text) && !told.includes(text));
  told.push(...new Set(news));
}

/**
 * Replaces something and gives back focus, open details and what was filled in, with the mark that it was refused.
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
    .map((field) => [key(field), { value: field.value, checked: field.checked, refused: field.getAttribute('aria-invalid') }]));
  replace();
  open.forEach((id) => page.getElementById(id)?.setAttribute('open', ''));
  for (const field of filled.size ? fields() : []) {
    const was = filled.get(key(field));
    if (was && !field.readOnly) {
      field.value = was.value;
      field.checked = was.checked;
      if (was.refused) {
        field.setAttribute('aria-invalid', was.refused);
      }
    }
  }
  if (focused && page.activeElement?.id !== focused) {
    page.getElementById(focused)?.focus();
  }
}

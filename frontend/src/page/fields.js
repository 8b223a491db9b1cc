// Help with filling in a form: a search in the gallery, what belongs to a choice, names to choose from.
import { button } from './shared.js';

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

/**
 * Shows what belongs to the value that is chosen.
 * @param {HTMLSelectElement} choice
 */
export function reveals(choice) {
  const [value, id] = (choice.dataset.hostlerReveals ?? '').split(':');
  choice.ownerDocument.getElementById(id ?? '')?.toggleAttribute('hidden', choice.value !== value);
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

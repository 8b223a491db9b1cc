// The mask: what is not for screenshots is hidden on the page, and in every sentence that is said.

/** Where the mask's state is kept while the browser's tab lives; the name is the one of the module before us. */
const MASKED = 'vfIpMasked';

/** What stands behind a mask. @type {WeakMap<Element, string>} */
const originals = new WeakMap();

/**
 * What an element says, whether it is masked or not.
 * @param {Element} element
 */
export const plain = (element) => originals.get(element) ?? /** @type {any} */ (element).value ?? element.textContent ?? '';

/**
 * Whether a page's sensitive texts are masked.
 * @param {Storage | null} storage
 */
export const isMasked = (storage) => storage?.getItem(MASKED) === '1';

/**
 * Switches the mask for as long as the browser's tab lives.
 * @param {Window} view
 * @returns {boolean} whether it is on now
 */
export function switched(view) {
  const on = !isMasked(stored(view));
  stored(view)?.setItem(MASKED, on ? '1' : '0');
  return on;
}

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
export function veiled(root, text) {
  if (!root.classList.contains('vf-mask-active')) {
    return text;
  }
  const hidden = [...root.querySelectorAll('[data-hostler-masked]')]
    .map((element) => [plain(element).trim(), element.getAttribute('data-hostler-masked') ?? ''])
    .filter(([original]) => original.length > 1)
    .sort(([one], [other]) => other.length - one.length);
  return hidden.reduce((said, [original, shown]) => said.replaceAll(original, () => shown), text);
}

/**
 * Where the mask's state is kept; null where the browser keeps nothing.
 * @param {Window} view
 * @returns {Storage | null}
 */
export function stored(view) {
  try {
    return view.sessionStorage;
  } catch {
    return null;
  }
}

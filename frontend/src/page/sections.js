// The links to the page's panels.

/** Links to the page's panels: ours, and those that the billing system has in its own sidebar, where only a class of ours is printed. */
export const JUMPS = 'a[data-hostler-target], a.hostler-jump';

/**
 * The panel that a link leads to; null where it is not there or not shown.
 * @param {Element} link
 */
function jumpsTo(link) {
  const id = link.getAttribute('data-hostler-target') ?? link.getAttribute('href')?.split('#')[1] ?? '';
  const panel = link.ownerDocument.getElementById(id);
  return panel && !panel.hidden && panel.childElementCount > 0 ? panel : null;
}

/**
 * Shows only the links whose panels are there.
 * @param {Document} page
 */
export function sections(page) {
  for (const link of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll(JUMPS))) {
    const entry = /** @type {HTMLElement} */ (link.closest('li') ?? link);
    // What was there when the page was made is what counts only until somebody looks.
    entry.removeAttribute('data-hostler-absent');
    // Not by the attribute: a theme's own rule for lists may be stronger than it.
    entry.style.display = jumpsTo(link) ? '' : 'none';
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

// Where a console opens, and when it goes.
import { announce } from './say.js';

/** A window that is wider than this, in pixels, has the console on the page. */
const NARROW = 500;

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

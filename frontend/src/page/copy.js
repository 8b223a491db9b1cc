// Copying what a button names: an address, a password, a key.
import { plain } from './mask.js';
import { announceBriefly } from './say.js';
import { soon } from './shared.js';

/** How long a mark of success stays on a button, in milliseconds. */
const MARKED = 1500;

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

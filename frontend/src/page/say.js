// Saying something to whoever looks or listens: the answer to a click comes first, what a refresh brings behind it.
import { veiled } from './mask.js';
import { soon } from './shared.js';

/** How long an answer is held against what is told meanwhile, in milliseconds. */
const HELD = 5000;

/** How long it is said that something was done, in milliseconds. */
const BRIEF = 8000;

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
export function answerWith(root, text) {
  answered.set(root, { text, until: Date.now() + HELD });
  announce(root, text);
}

/**
 * Says what a refresh has brought, behind an answer that is still to be heard.
 * @param {Element} root
 * @param {string} text
 */
export function tellBehind(root, text) {
  const answer = answered.get(root);
  announce(root, answer && answer.until > Date.now() ? `${answer.text} ${text}` : text);
}

/**
 * Says that something was done. Nobody has to act on it, so it goes by itself.
 * @param {Element} root
 * @param {string} text
 */
export function announceBriefly(root, text) {
  answerWith(root, text);
  const place = root.querySelector('[data-hostler-announce]');
  const said = place?.textContent;
  soon(() => {
    if (said && place?.textContent === said) {
      announce(root, '');
    }
  }, BRIEF);
}

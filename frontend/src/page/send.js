// Sending a form of ours: the question before it, its rest, its answer.
import { veiled } from './mask.js';
import { posted, refusal } from './request.js';
import { announceBriefly, answerWith } from './say.js';
import { showSecret } from './secrets.js';
import { soon } from './shared.js';

/** How long it is counted that something is under way, in seconds; the progress on the page tells the rest. */
const COUNTED = 300;

/** Until when the forms of an address rest, in milliseconds. @type {Map<string, number>} */
const resting = new Map();

/** Forms of one address rest together, but for those that are about something of their own. @param {Element} form */
const restKey = (form) => form.getAttribute('data-hostler-rest') ?? form.getAttribute('action') ?? '';

/**
 * The buttons that send a form, also where they stand outside of it.
 * @param {HTMLFormElement} form
 */
const senders = (form) => [...form.elements].filter((element) => element.matches('button:not([type="button"])'));

/**
 * The fields of a form that somebody types in.
 * @param {Element} form
 */
const typed = (form) => /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('input[type="text"], textarea'));

/**
 * Says beside a form why it was refused; nothing where it was not.
 * @param {Element} form
 * @param {string} text
 */
export function sayBeside(form, text) {
  const place = form.querySelector('[data-hostler-said]');
  if (place) {
    place.textContent = veiled(form.closest('.hostler') ?? form, text);
    place.toggleAttribute('hidden', !text);
  }
}

/**
 * The field that a refusal is about: the one that it names, or the only one. Where there are several and none is named, the
 * sentence alone says which one is meant.
 * @param {HTMLFormElement} form
 * @param {{status: number, body: any} | null} answer
 */
function wrong(form, answer) {
  const fields = [...typed(form)];
  const named = fields.find((field) => field.name === answer?.body?.field);
  return answer?.status === 400 ? named ?? (fields.length === 1 ? fields[0] : undefined) : undefined;
}

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
    for (const field of typed(form)) {
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
  const fields = typed(form);
  fields.forEach((field) => field.removeAttribute('aria-invalid'));
  sayBeside(form, done ? '' : refusal(root, answer));
  if (done) {
    announceBriefly(root, String(answer?.body?.data?.message ?? ''));
    if (answer?.body?.data?.secret) {
      showSecret(root, answer.body.data.secret);
    }
    // What was sent is what is there now; a part with it may be replaced again. A consent is for one time.
    if (form.matches('[data-hostler-fresh]')) {
      form.reset();
    } else {
      fields.forEach((field) => { field.defaultValue = field.value; });
    }
    form.querySelectorAll('input[type="checkbox"][required]').forEach((consent) => { /** @type {any} */ (consent).checked = false; });
    if (typeof answer?.body?.token_url === 'string') {
      leave(root, answer.body.token_url, form.target);
    }
  } else {
    answerWith(root, refusal(root, answer));
    wrong(form, answer)?.setAttribute('aria-invalid', 'true');
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

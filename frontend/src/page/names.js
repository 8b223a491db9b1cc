// What an administrator has done with the names of a machine's addresses: looked at beforehand, and reported.
import { answerOf, refusal, sending } from './request.js';
import { announce } from './say.js';

/**
 * Sends some fields with the page's token to where a button says.
 * @param {HTMLElement} button
 * @param {string} fields as in a query
 * @param {typeof fetch} post
 */
function sent(button, fields, post) {
  const view = button.ownerDocument.defaultView ?? window;
  const all = new view.URLSearchParams(fields);
  all.set('hostler_token', button.closest('[data-hostler-token]')?.getAttribute('data-hostler-token') ?? '');
  return answerOf(button.dataset.hostlerRun ?? '', sending(all), post);
}

/**
 * Does what a button is for and reports it. One that writes over what is there shows first what that would be, and asks.
 * @param {HTMLElement} button
 * @param {typeof fetch} post
 * @param {(question: string) => boolean} ask
 * @param {() => Promise<unknown>} [after]
 * @returns {Promise<boolean>} whether it was done
 */
export async function run(button, post, ask, after) {
  const root = button.closest('.hostler') ?? button;
  const { hostlerFields = '', hostlerFirst, hostlerConfirm = '%s' } = button.dataset;
  if (root.querySelector('[data-hostler-run][aria-busy]')) {
    return false;
  }
  button.setAttribute('aria-busy', 'true');
  const told = async (/** @type {string} */ fields) => {
    const answer = await sent(button, fields, post);
    const done = answer?.body?.success === true;
    announce(root, done ? String(answer?.body?.data?.message ?? '') : refusal(root, answer));
    return done ? String(answer?.body?.data?.message ?? '') : null;
  };
  let done = false;
  const seen = hostlerFirst === undefined ? '' : await told(hostlerFirst);
  if (seen !== null && (hostlerFirst === undefined || ask(hostlerConfirm.replace('%s', () => seen)))) {
    done = await told(hostlerFields) !== null;
    await after?.();
  }
  button.removeAttribute('aria-busy');
  return done;
}

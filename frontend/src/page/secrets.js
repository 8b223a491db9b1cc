// Secrets that are shown once, or for a while, and kept nowhere.
import { posted, refusal } from './request.js';
import { answerWith } from './say.js';

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

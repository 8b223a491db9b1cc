// Posting a form without leaving the page.

/**
 * What a form of ours sends, and what is sent beside it.
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} [beside]
 * @returns {RequestInit}
 */
export function request(form, beside = {}) {
  const view = form.ownerDocument.defaultView ?? window;
  const fields = new view.URLSearchParams();
  // With this field the answer is a page, for people without a script.
  new view.FormData(form).forEach((value, name) => name === 'hostler_return' || fields.append(name, String(value)));
  Object.entries(beside).forEach(([name, value]) => fields.set(name, value));
  return sending(fields);
}

/**
 * @param {URLSearchParams} fields
 * @returns {RequestInit}
 */
export const sending = (fields) => ({
  method: 'POST',
  credentials: 'same-origin',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: fields.toString(),
});

/**
 * Posts a form and reads the answer; null where there was none.
 * @param {HTMLFormElement} form
 * @param {typeof fetch} post
 */
export const posted = (form, post) => answerOf(form.action, request(form), post);

/**
 * Sends something and reads the answer; null where there was none.
 * @param {string} url
 * @param {RequestInit} sent
 * @param {typeof fetch} post
 * @returns {Promise<{status: number, body: any} | null>}
 */
export async function answerOf(url, sent, post) {
  try {
    const answer = await post(url, sent);
    return { status: answer.status, body: await answer.json() };
  } catch {
    return null;
  }
}

/**
 * What to say of an answer that is no success.
 * @param {Element} root
 * @param {{status: number, body: any} | null} answer
 */
export function refusal(root, answer) {
  const told = answer?.status === 401 ? root.getAttribute('data-hostler-ended') : answer?.body?.errors;
  return String(told || root.getAttribute('data-hostler-lost') || '');
}

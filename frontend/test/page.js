// Documents for tests.
import { JSDOM } from 'jsdom';

/** @param {string} live */
export function page(live, attributes = 'data-hostler-poll="/f?fragment=live"') {
  const dom = new JSDOM(
    `<!doctype html><body><section class="hostler" ${attributes} data-hostler-lost="lost" data-hostler-ended="ended">`
      + `<p data-hostler-announce></p><div data-hostler-live>${live}</div></section></body>`,
    { url: 'https://shop.example/clientarea.php', pretendToBeVisual: true },
  );
  const document = dom.window.document;
  const root = /** @type {Element} */ (document.querySelector('section'));
  return {
    document,
    root,
    live: /** @type {Element} */ (document.querySelector('[data-hostler-live]')),
    said: () => document.querySelector('[data-hostler-announce]')?.textContent,
    /** @param {string} id */
    at: (id) => /** @type {HTMLElement} */ (document.getElementById(id)),
  };
}

/**
 * A fetch that answers from a list and remembers what it was asked.
 * @param {{status?: number, text?: string, json?: unknown}[]} answers
 */
export function answering(answers) {
  /** @type {{url: string, init: any}[]} */
  const asked = [];
  const get = async (/** @type {any} */ url, /** @type {any} */ init) => {
    asked.push({ url: String(url), init });
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    if (!answer || answer.status === 0) {
      throw new TypeError('network');
    }
    const status = answer.status ?? 200;
    return /** @type {any} */ ({
      status,
      ok: status >= 200 && status < 300,
      text: async () => answer.text ?? '',
      json: async () => answer.json,
    });
  };
  return { get: /** @type {typeof fetch} */ (get), asked };
}

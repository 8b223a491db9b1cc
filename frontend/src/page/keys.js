// A pair of SSH keys, made in the browser.
import { announce } from './say.js';
import { button, soon } from './shared.js';

/** @param {...Uint8Array} pieces */
function joined(...pieces) {
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  pieces.forEach((piece) => { all.set(piece, at); at += piece.length; });
  return all;
}

/**
 * Bytes as SSH packs them: each piece behind its length.
 * @param {...(Uint8Array | string)} pieces
 */
export function packed(...pieces) {
  const bytes = pieces.map((piece) => (typeof piece === 'string' ? new TextEncoder().encode(piece) : piece));
  return joined(...bytes.flatMap((piece) => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, piece.length);
    return [length, piece];
  }));
}

/** @param {Uint8Array} bytes */
const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

/**
 * A pair of keys in OpenSSH's own formats, made in the browser: the private one never leaves it.
 * @param {Crypto} crypto
 * @param {string} comment
 * @returns {Promise<{open: string, secret: string}>}
 */
export async function keyPair(crypto, comment) {
  const kind = 'ssh-ed25519';
  const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify']));
  const open = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  // The last 32 bytes of the wrapped form are the seed.
  const seed = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)).slice(-32);
  const line = packed(kind, open);
  const check = crypto.getRandomValues(new Uint8Array(4));
  const inner = joined(check, check, packed(kind, open, joined(seed, open), comment));
  const padding = Uint8Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, at) => at + 1);
  const count = Uint8Array.of(0, 0, 0, 1);
  const whole = joined(
    new TextEncoder().encode('openssh-key-v1\0'), packed('none', 'none', ''), count, packed(line, joined(inner, padding)),
  );
  const lines = base64(whole).match(/.{1,70}/g) ?? [];
  return {
    open: `${kind} ${base64(line)} ${comment}`,
    secret: ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n'),
  };
}

/**
 * Offers to make a pair of keys for a field: the public one is filled in, the private one is shown and can be kept.
 * @param {Element} place
 * @param {Crypto | undefined} crypto
 */
export function keygen(place, crypto) {
  const page = place.ownerDocument;
  const field = /** @type {HTMLTextAreaElement | null} */ (page.getElementById(place.getAttribute('data-hostler-keygen') ?? ''));
  const word = (/** @type {string} */ name) => place.getAttribute(`data-hostler-${name}`) ?? '';
  if (!field || place.childElementCount > 0) {
    return;
  }
  const maker = button(page, word('label'));
  const result = page.createElement('div');
  maker.addEventListener('click', async () => {
    try {
      if (!crypto?.subtle) {
        throw new Error('not a secure page');
      }
      const { open, secret } = await keyPair(crypto, 'hostler');
      field.value = open;
      result.replaceChildren(...kept(page, field.id, secret, word));
      /** @type {HTMLElement} */ (result.querySelector('textarea')).focus();
    } catch {
      result.textContent = word('unable');
      announce(place, word('unable'));
    }
  });
  place.replaceChildren(maker, result);
  place.removeAttribute('hidden');
}

/**
 * The private key, with the ways to keep it.
 * @param {Document} page
 * @param {string} id
 * @param {string} secret
 * @param {(name: string) => string} word
 */
function kept(page, id, secret, word) {
  const label = page.createElement('label');
  label.htmlFor = `${id}-private`;
  label.textContent = word('private');
  const shown = page.createElement('textarea');
  Object.assign(shown, { id: label.htmlFor, readOnly: true, value: secret, rows: 6, spellcheck: false, autocomplete: 'off' });
  shown.className = 'form-control hostler-key';
  shown.dataset.hostlerKept = '';
  const hint = page.createElement('p');
  hint.className = 'hostler-hint';
  hint.textContent = word('hint');
  const copier = button(page, word('copy'));
  copier.dataset.hostlerCopyFrom = shown.id;
  const saver = button(page, word('download'));
  saver.addEventListener('click', () => {
    const view = /** @type {any} */ (page.defaultView ?? window);
    const link = page.createElement('a');
    link.href = view.URL.createObjectURL(new view.Blob([secret], { type: 'application/octet-stream' }));
    link.download = 'id_ed25519';
    link.click();
    soon(() => view.URL.revokeObjectURL(link.href), 1000);
  });
  const row = page.createElement('div');
  row.className = 'hostler-buttons';
  row.append(copier, saver);
  return [label, shown, hint, row];
}

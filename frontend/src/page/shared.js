// What several parts make use of and none is the place for.

/**
 * Does something later that is not worth waiting for when everything else has ended.
 * @param {() => void} what
 * @param {number} milliseconds
 */
export function soon(what, milliseconds) {
  /** @type {any} */ (setTimeout(what, milliseconds)).unref?.();
}

/**
 * A button as those of the markup.
 * @param {Document} page
 * @param {string} text
 */
export function button(page, text) {
  const made = page.createElement('button');
  made.type = 'button';
  made.className = 'btn btn-default btn-secondary btn-sm';
  made.textContent = text;
  return made;
}

// What engines said and answered, kept where the whole run's outputs are searched for secrets.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Keeps a text; nowhere, where nobody searches. What may hold a secret because it is the one answer that shows it is not
 * to be kept.
 * @param {string} name of the file
 * @param {string} text
 */
export function keep(name, text) {
  const folder = process.env.HOSTLER_TEST_OUTPUT;
  if (folder) {
    appendFileSync(join(folder, name), text);
  }
}

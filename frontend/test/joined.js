// What a browser gets of a script: the entry and the modules that it imports as one text, by the rule of
// crates/web/build/join.rs. Modules that the rule does not fit are refused there; here the text is only made.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';

/** @param {string} entry */
export function joined(entry) {
  /** @type {Map<string, string>} */
  const texts = new Map();
  const add = (/** @type {string} */ file) => {
    if (texts.has(file)) {
      return;
    }
    // Its place is taken before it is read: modules may import each other.
    texts.set(file, '');
    const source = readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8');
    const own = source.replace(/^import \{[^}]*\} from '(.*)';\n/gm, (_, path) => {
      add(join(dirname(file), path));
      return '';
    });
    // What was imported stands before what imports it.
    texts.delete(file);
    texts.set(file, file === entry ? own : own.replace(/^export /gm, ''));
  };
  add(entry);
  return [
    `// ${entry} and what it imports, each file below its name.\n`,
    ...[...texts].map(([file, text]) => `// ${file}\n${text}`),
  ].join('\n');
}

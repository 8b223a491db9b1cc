// Joins the viewer of screens, noVNC, into one file: its forty modules would each be a request through the billing system.
// npm runs it after an installation; the engine's build takes the file from here.
import { readFile, mkdir, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const home = 'node_modules/@novnc/novnc';
const read = (/** @type {string} */ file) => readFile(new URL(file, import.meta.url), 'utf8');
const { name, version, license, repository } = JSON.parse(await read(`${home}/package.json`));
const [licence, pako] = await Promise.all([read(`${home}/LICENSE.txt`), read(`${home}/vendor/pako/LICENSE`)]);

const { outputFiles: [joined] } = await build({
  absWorkingDir: new URL('.', import.meta.url).pathname,
  entryPoints: [`${home}/core/rfb.js`],
  bundle: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  minify: true,
  write: false,
});
const comment = (/** @type {string} */ text) => text.trim().replaceAll('*/', '* /').split('\n').map((line) => ` * ${line}`.trimEnd()).join('\n');
const banner = `/*!
 * ${name} ${version}, ${license}. Joined and minified; the source is ${name}@${version} in the npm registry and
 * ${repository.url.replace(/^git\+/, '')}
 *
${comment(licence)}
 *
 * vendor/pako:
${comment(pako)}
 */
`;
await mkdir(new URL('dist/', import.meta.url), { recursive: true });
await writeFile(new URL('dist/novnc.js', import.meta.url), banner + joined.text);

// Bundles the pages into core/server/playground_files: hashed and compressed files, and manifest.json with the names
// of each page's script and style, and of the demo's service worker.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const HERE = dirname(fileURLToPath(import.meta.url));
const OUTPUT = join(HERE, '..', 'core', 'server', 'playground_files');
const WORKERS = {
  editor: 'monaco-editor/esm/vs/editor/editor.worker.js',
  graphql: 'monaco-graphql/esm/graphql.worker.js',
  json: 'monaco-editor/esm/vs/language/json/json.worker.js',
  push: 'src/demo/push-worker.js',
};

const OPTIONS = {
  absWorkingDir: HERE,
  alias: { 'prettier/parser-graphql': 'prettier/plugins/graphql' }, // Two names of one module.
  assetNames: '[name]-[hash]',
  bundle: true,
  charset: 'utf8',
  entryNames: '[name]-[hash]',
  jsx: 'automatic',
  legalComments: 'none', // In licenses.txt.
  loader: { '.graphql': 'text', '.ttf': 'file' },
  logLevel: 'warning',
  metafile: true,
  minify: true,
  outdir: OUTPUT,
  target: 'es2022',
  write: false,
};

async function bundle(entryPoints, format, define) {
  const options = { ...OPTIONS, entryPoints, format, define: { 'process.env.NODE_ENV': '"production"', ...define } };
  const { metafile, outputFiles } = await build(options);
  return { inputs: Object.keys(metafile.inputs), files: outputFiles.map(({ path, contents }) => ({ name: basename(path), contents })) };
}

/** The licenses of the packages that the bundles contain. */
function licenses(inputs) {
  const folders = inputs.map((path) => path.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0]);
  const texts = [...new Set(folders)].filter(Boolean).sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(HERE, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(HERE, folder)).find((each) => /^licen[cs]e/i.test(each));
    return `${name} ${version} (${license})\n\n${file ? readFileSync(join(HERE, folder, file), 'utf8').trim() : ''}\n`;
  });
  return texts.join(`\n${'-'.repeat(78)}\n\n`);
}

/** A digest of what the files are made from. A test compares it with the sources. */
function digestOfSources() {
  const files = readdirSync(join(HERE, 'src'), { recursive: true, withFileTypes: true });
  const sources = files.filter((each) => each.isFile() && !each.parentPath.includes('__generated__'));
  const names = sources.map((each) => relative(HERE, join(each.parentPath, each.name)));
  const hash = createHash('sha256');
  for (const name of ['build.mjs', 'codegen.ts', 'package-lock.json', ...names].sort()) {
    hash.update(`${name}\0`).update(readFileSync(join(HERE, name))).update('\0');
  }
  return hash.digest('hex');
}

const workers = await bundle(Object.entries(WORKERS).map(([out, path]) => ({ in: path, out })), 'iife', {});
const urls = Object.fromEntries(workers.files.map(({ name }) => [name.split('-')[0], name]));
const pages = await bundle(
  [
    { in: 'src/main.tsx', out: 'playground' },
    { in: 'src/demo/main.tsx', out: 'demo' },
  ],
  'esm',
  { WORKERS: JSON.stringify(urls) },
);
const named = (page, ending) => pages.files.find(({ name }) => name.startsWith(`${page}-`) && name.endsWith(ending)).name;
const filesOf = (page) => ({ script: named(page, '.js'), style: named(page, '.css') });
const manifest = { playground: filesOf('playground'), demo: { ...filesOf('demo'), worker: urls.push }, sources: digestOfSources() };

if (existsSync(OUTPUT)) rmSync(OUTPUT, { recursive: true });
mkdirSync(OUTPUT);
const texts = { name: 'licenses.txt', contents: licenses([...workers.inputs, ...pages.inputs]) };
for (const { name, contents } of [...workers.files, ...pages.files, texts]) {
  writeFileSync(join(OUTPUT, `${name}.gz`), gzipSync(contents, { level: 9 }));
}
writeFileSync(join(OUTPUT, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);

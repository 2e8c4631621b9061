// Builds the library: dist/esm and dist/cjs, each with its own types and source maps.
//
//   node scripts/build.mjs                always
//   node scripts/build.mjs --if-changed   only when the sources, a tsconfig or the compiler have changed
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, compile, isEntryPoint } from './compiler.mjs';

export const LIBRARY = {
  name: 'library',
  inputs: ['src', 'tsconfig.json', 'tsconfig.build.json', 'tsconfig.build.cjs.json', 'package.json'],
  outputs: ['dist/esm', 'dist/cjs'],
};

export async function buildLibrary(options) {
  await build(LIBRARY, emitLibrary, options);
}

async function emitLibrary(esm, cjs) {
  await Promise.all([compile('tsconfig.build.json', esm), compile('tsconfig.build.cjs.json', cjs)]);
  // Below a package that is "type": "module", only this makes Node and TypeScript read dist/cjs as CommonJS.
  writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');
}

if (isEntryPoint(import.meta.url)) await buildLibrary({ ifChanged: process.argv.includes('--if-changed') });

// Builds the library: dist/esm and dist/cjs, each with its own types and source maps. tsc compiles every
// module into dist/modules, which tests and scripts import; the package contains the bundles only.
//
//   node scripts/build.mjs                always
//   node scripts/build.mjs --if-changed   only when a source, a tsconfig, a script or the compiler changed
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.mjs';
import { build, compile, isEntryPoint } from './compiler.mjs';

export const LIBRARY = {
  name: 'library',
  inputs: [
    'src',
    'tsconfig.json',
    'tsconfig.build.json',
    'tsconfig.build.cjs.json',
    'package.json',
    'scripts/build.mjs',
    'scripts/bundle.mjs',
  ],
  outputs: ['dist/modules', 'dist/esm', 'dist/cjs'],
};

export async function buildLibrary(options) {
  await build(LIBRARY, emitLibrary, options);
}

async function emitLibrary(modules, esm, cjs) {
  const compiled = { esm: join(modules, 'esm'), cjs: join(modules, 'cjs') };
  await Promise.all([
    compile('tsconfig.build.json', compiled.esm),
    compile('tsconfig.build.cjs.json', compiled.cjs),
  ]);
  writeFileSync(join(compiled.cjs, 'package.json'), '{ "type": "commonjs" }\n');
  await bundle(compiled, { esm, cjs });
}

if (isEntryPoint(import.meta.url)) await buildLibrary({ ifChanged: process.argv.includes('--if-changed') });

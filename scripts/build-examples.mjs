// Compiles examples/ against the built library into dist/examples. Builds the library first if it is out of
// date. The emitted files import `nestjs-file-journal`; Node resolves that through this package's own exports
// map.
//
//   node scripts/build-examples.mjs [--if-changed]
import { buildLibrary } from './build.mjs';
import { build, compile, isEntryPoint } from './compiler.mjs';

export const EXAMPLES = {
  name: 'examples',
  // The examples depend on the library's types, so its sources are an input, too.
  inputs: ['examples', 'src', 'tsconfig.json', 'tsconfig.examples.json', 'package.json'],
  outputs: ['dist/examples'],
};

export async function buildExamples(options) {
  await buildLibrary({ ifChanged: true });
  await build(EXAMPLES, (examples) => compile('tsconfig.examples.json', examples), options);
}

if (isEntryPoint(import.meta.url)) await buildExamples({ ifChanged: process.argv.includes('--if-changed') });

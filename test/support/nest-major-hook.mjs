/**
 * Node's resolver under NEST_MAJOR, for processes that tests start; see nest-major.cjs.
 *
 *     NEST_MAJOR=11 node --import ./test/support/nest-major-hook.mjs dist/examples/…/main.js
 *
 * `npm run test:nest11` puts this into NODE_OPTIONS, so a test that spawns `process.execPath` and passes
 * `process.env` on needs to do nothing. Without NEST_MAJOR it changes nothing.
 */
import Module, { createRequire, register } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import nestMajor from './nest-major.cjs';

const { compatDirectory, redirectedDirectory } = nestMajor;
const compatManifest = join(compatDirectory, 'package.json');
const requireFromCompat = createRequire(compatManifest);

/** Exported for the hooks thread of `register`. */
export function resolve(specifier, context, nextResolve) {
  const importer = context.parentURL?.startsWith('file:') ? fileURLToPath(context.parentURL) : undefined;
  if (redirectedDirectory(specifier, importer) === null) return nextResolve(specifier, context);
  if (context.conditions.includes('require')) {
    // The next resolver of a require() does not look at parentURL.
    return { url: pathToFileURL(requireFromCompat.resolve(specifier)).href, shortCircuit: true };
  }
  return nextResolve(specifier, { ...context, parentURL: pathToFileURL(compatManifest).href });
}

if (typeof Module.registerHooks === 'function') {
  // Node >= 22.15: one hook for import and require, in this thread.
  Module.registerHooks({ resolve });
} else if (isMainThread) {
  register(import.meta.url);
  const resolveFilename = Module._resolveFilename;
  Module._resolveFilename = function (request, parent, ...rest) {
    if (redirectedDirectory(request, parent?.filename) !== null) return requireFromCompat.resolve(request);
    return resolveFilename.call(this, request, parent, ...rest);
  };
}

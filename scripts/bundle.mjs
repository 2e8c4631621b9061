// Bundles the compiled modules: one file per entry point, and shared chunks for the code that several of them
// use. Each class is in only one file, so the entry points of a build agree on errors, tokens and instances.
//
// The `file-journal` command is a bundle of its own. Shared chunks would split the files that an application
// loads, and make its start slower.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { rollup } from 'rollup';
import { projectRoot } from './compiler.mjs';

/**
 * Writes `esm` and `cjs` from the ES modules in `modules.esm`, and copies the types of each build beside its
 * code.
 *
 * @param modules the directories that tsc filled
 * @param targets the directories to fill
 */
export async function bundle(modules, targets) {
  const build = await rollup(inputOf(entryPoints(), modules.esm));
  for (const [format, dir] of Object.entries(targets)) {
    await build.write({
      ...OUTPUT,
      format,
      dir,
      chunkFileNames: (chunk) => `chunks/${roomOf(chunk, modules.esm)}.js`,
    });
    copyTypes(modules[format], dir);
  }
  await build.close();
  await bundleCommand(modules.esm, targets.esm);
  // Inside a package with "type": "module", only this file makes Node and TypeScript read dist/cjs as
  // CommonJS.
  writeFileSync(join(targets.cjs, 'package.json'), '{ "type": "commonjs" }\n');
}

async function bundleCommand(modules, dir) {
  const build = await rollup({
    ...inputOf([COMMAND], modules),
    // What a command imports of a room must not load NestJS, which other files of that room need.
    treeshake: { moduleSideEffects: 'no-external' },
  });
  await build.write({
    ...OUTPUT,
    format: 'esm',
    dir,
    // Its code is not minified, so that a stack trace can be read without a map.
    sourcemap: false,
    chunkFileNames: 'cli/chunks/[name].js',
  });
  await build.close();
}

function inputOf(names, modules) {
  return {
    input: Object.fromEntries(names.map((name) => [name, join(modules, `${name}.js`)])),
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
    plugins: [readSourceMaps()],
    onLog(_level, log) {
      // The decorator helpers look for a global `Reflect`.
      if (log.code !== 'THIS_IS_UNDEFINED') throw new Error(log.message);
    },
  };
}

/** The executable that package.json names in `bin`. */
const COMMAND = 'cli/main';

const OUTPUT = {
  entryFileNames: '[name].js',
  exports: 'named',
  esModule: true,
  interop: 'auto',
  externalLiveBindings: false,
  generatedCode: { preset: 'es2015', symbols: false },
  minifyInternalExports: false,
  sourcemap: true,
  // Jest and other CommonJS hosts have no import() without a flag.
  dynamicImportInCjs: false,
};

/** The modules that package.json names, without an extension. */
function entryPoints() {
  const { exports } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  return Object.values(exports)
    .filter((target) => typeof target === 'object')
    .map((target) => target.import.default.replace('./dist/esm/', '').replace(/\.js$/, ''));
}

/** Loads the source maps of tsc, so that a stack trace shows TypeScript. */
function readSourceMaps() {
  return {
    name: 'read-source-maps',
    load(id) {
      const code = readFileSync(id, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n');
      return { code, map: readFileSync(`${id}.map`, 'utf8') };
    },
  };
}

/** Names a chunk after its highest room. */
function roomOf({ moduleIds }, directory) {
  return relative(directory, moduleIds.at(-1) ?? '').split('/')[0];
}

function copyTypes(from, to) {
  for (const name of readdirSync(from, { recursive: true })) {
    // The command exports nothing.
    if (!name.endsWith('.d.ts') || name.startsWith('cli/')) continue;
    mkdirSync(dirname(join(to, name)), { recursive: true });
    copyFileSync(join(from, name), join(to, name));
  }
}

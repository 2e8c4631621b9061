/**
 * NestJS and rxjs in one file per package, for Jest. Each suite loads its packages anew, and these two have
 * 660 files: finding, reading and linking them took longer than most suites. The bundles lie in
 * node_modules/.cache, and are made again when another version is installed.
 *
 * Every file of a package has a small counterpart that exports the same from the bundle, so whichever of them
 * is imported, its classes exist once. jest-resolver.cjs replaces the one by the other.
 */
const { createHash } = require('node:crypto');
const {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} = require('node:fs');
const { join, relative, resolve, sep } = require('node:path');

const projectRoot = resolve(__dirname, '../..');
const installed = join(projectRoot, 'node_modules');
const cache = join(installed, '.cache/jest-packages');

/** ES modules; what they import from each other and from elsewhere stays an import. */
const NEST_PACKAGES = ['common', 'core', 'cqrs', 'testing'].map((name) => `@nestjs/${name}`);
/** Stays CommonJS, as Node.js loads it: CommonJS modules require it. Bundled from its ES modules. */
const RXJS = 'rxjs';

/** Bundles the packages, unless these versions are bundled already. */
async function bundlePackages() {
  const directory = bundleDirectory();
  if (existsSync(directory)) return;
  const draft = `${directory}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  const files = { ...(await bundleNest(draft)), ...(await bundleRxjs(draft)) };
  writeFileSync(join(draft, 'files.json'), JSON.stringify(files));
  publish(draft, directory);
}

/** The bundled counterpart of each file of the packages: `@nestjs/core/index.js` -> `.../core/index.mjs`. */
function bundledFiles() {
  const directory = bundleDirectory();
  const list = join(directory, 'files.json');
  // A tool may resolve without running the tests, which bundles.
  const files = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : {};
  return new Map(
    Object.entries(files).map(([file, bundled]) => [join(installed, file), join(directory, bundled)]),
  );
}

function bundleDirectory() {
  const hash = createHash('sha256').update(readFileSync(__filename));
  for (const name of [...NEST_PACKAGES, RXJS, 'rollup'])
    hash.update(readFileSync(join(installed, name, 'package.json')));
  return join(cache, hash.digest('hex').slice(0, 16));
}

async function bundleNest(directory) {
  const entries = NEST_PACKAGES.flatMap((name) =>
    [require.resolve(name), join(installed, name, 'internal.js')].filter((file) => existsSync(file)),
  );
  const names = await write(entries, {
    dir: directory,
    format: 'es',
    // Whole packages: a chunk that several of them share would load more than was imported.
    manualChunks: (id) => NEST_PACKAGES.find((name) => id.startsWith(join(installed, name) + sep)),
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name].mjs',
  });
  return Object.fromEntries(names.map((name) => [`${name}.js`, `${name}.mjs`]));
}

async function bundleRxjs(directory) {
  const entries = ['index.js', 'operators/index.js'].map((file) => join(installed, RXJS, 'dist/esm', file));
  const names = await write(entries, {
    dir: directory,
    format: 'cjs',
    exports: 'named',
    esModule: true,
    manualChunks: () => RXJS,
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
  });
  return Object.fromEntries(names.map((name) => [`${name.replace('/esm/', '/cjs/')}.js`, `${name}.cjs`]));
}

/** Bundles some modules with what they import relatively. Returns the names of all, without suffix. */
async function write(modules, output) {
  const { rollup } = await import('rollup');
  const names = new Set();
  const everyModule = {
    name: 'every-module',
    resolveId: (id) => (id === ENTRY ? id : null),
    load: (id) => (id === ENTRY ? modules.map((file) => `import ${JSON.stringify(file)};`).join('\n') : null),
    moduleParsed({ id }) {
      if (id === ENTRY) return;
      const name = relative(installed, id).replaceAll(sep, '/').replace(/\.js$/, '');
      names.add(name);
      this.emitFile({ type: 'chunk', id, name });
    },
  };
  const build = await rollup({
    input: ENTRY,
    external: (id) => id !== ENTRY && !id.startsWith('.') && !id.startsWith('/'),
    // The modules are loaded for what they do, too.
    treeshake: false,
    plugins: [everyModule],
    onLog: () => undefined,
  });
  await build.write({ ...output, externalLiveBindings: false, minifyInternalExports: false });
  await build.close();
  return [...names];
}

/**
 * Imports the main modules in order. Rollup begins with the entry whose name sorts first, and where modules
 * import each other in circles, the beginning decides which of them runs first.
 */
const ENTRY = '!packages';

/** Another run may have been faster: its bundles are the same. */
function publish(draft, directory) {
  try {
    renameSync(draft, directory);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(directory)) throw error;
  }
  for (const other of readdirSync(cache)) {
    if (!directory.endsWith(other)) rmSync(join(cache, other), { recursive: true, force: true });
  }
}

module.exports = { bundlePackages, bundledFiles };

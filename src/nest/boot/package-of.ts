import type { Session } from 'node:inspector';
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Returns the directory and version of the package that a file belongs to: `/app/node_modules/@nestjs/cqrs
 * (12.0.0)`. Returns the file itself if no directory above it is a package of that name, as in a bundle.
 */
export function packageOf(file: string, packageName: string): string {
  for (let directory = dirname(file); directory !== dirname(directory); directory = dirname(directory)) {
    const manifest = readManifest(join(directory, 'package.json'));
    if (manifest?.name === packageName) return `${directory} (${manifest.version ?? 'unknown version'})`;
  }
  return file;
}

/**
 * Returns the file that declares a function, according to the V8 inspector; null without an inspector. Slow,
 * so use it only for error messages.
 */
export async function fileOf(declared: object): Promise<string | null> {
  try {
    const inspector = await import('node:inspector');
    const session = new inspector.Session();
    session.connect();
    try {
      return fileIn(session, declared);
    } finally {
      session.disconnect();
    }
  } catch {
    // Node.js was built without the inspector, or the process may not use it.
    return null;
  }
}

/**
 * Files of loaded CommonJS modules that match a pattern, with their exports. Reads no others: the cache that
 * Jest shows to a test builds each entry when it is read, which took longer than the rest of a boot.
 */
export function loadedModules(pattern: RegExp): [file: string, exports: unknown][] {
  const { cache = {} } = createRequire(join(process.cwd(), 'package.json'));
  const files = Reflect.ownKeys(cache).filter((file) => typeof file === 'string' && pattern.test(file));
  return (files as string[]).map((file) => [file, cache[file]?.exports as unknown]);
}

function readManifest(path: string): { name?: string; version?: string } | null {
  try {
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as object) : null;
  } catch {
    return null;
  }
}

const HELD = Symbol.for('nestjs-file-journal/located');

/** A session in the same thread answers before `post` returns. */
function fileIn(session: Session, declared: object): string | null {
  const urls = new Map<string, string>();
  session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url));
  session.post('Debugger.enable');
  const held = globalThis as { [HELD]?: object };
  held[HELD] = declared;
  const expression = `globalThis[Symbol.for('${Symbol.keyFor(HELD)}')]`;
  let objectId: string | undefined;
  session.post('Runtime.evaluate', { expression }, (_error, answer) => (objectId = answer?.result.objectId));
  delete held[HELD];
  let scriptId: string | undefined;
  if (objectId !== undefined)
    session.post('Runtime.getProperties', { objectId, ownProperties: true }, (_error, answer) => {
      const location = answer?.internalProperties?.find(({ name }) => name === '[[FunctionLocation]]');
      scriptId = (location?.value?.value as { scriptId?: string } | undefined)?.scriptId;
    });
  session.post('Debugger.disable');
  const url = scriptId === undefined ? undefined : urls.get(scriptId);
  if (url === undefined || url === '') return null;
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}

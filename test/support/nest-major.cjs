/**
 * With NEST_MAJOR=11 the whole project (sources, tests, built examples) gets NestJS 11 from
 * test/compat/nest-11 instead of the NestJS that the root installs. What NestJS itself imports stays as Node
 * finds it: its own parts beside it, its peers (rxjs, reflect-metadata, class-transformer) further up, in the
 * root's one copy.
 *
 * The rule lives here because three resolvers apply it: Jest's (nest-major-resolver.cjs), Node's for ES
 * modules and Node's for require() (nest-major-hook.mjs).
 */
const { join, resolve, sep } = require('node:path');

const projectRoot = resolve(__dirname, '../..');
const compatDirectory = join(projectRoot, 'test/compat/nest-11');
const NEST_PACKAGE =
  /^@nestjs\/(?:common|core|cqrs|terminus|testing|platform-express|platform-fastify|microservices)(?:\/|$)/;

/**
 * The directory to resolve `request` from, if not the importer's own.
 * @param {string} request what is imported
 * @param {string | undefined} importer path of the importing file or of its directory
 * @returns {string | null}
 */
function redirectedDirectory(request, importer) {
  if (process.env.NEST_MAJOR !== '11' || !NEST_PACKAGE.test(request) || importer === undefined) return null;
  const ours = isWithin(importer, projectRoot) && !isWithin(importer, compatDirectory);
  return ours && !importer.includes(`${sep}node_modules${sep}`) ? compatDirectory : null;
}

function isWithin(path, directory) {
  return `${path}${sep}`.startsWith(`${directory}${sep}`);
}

module.exports = { compatDirectory, redirectedDirectory };

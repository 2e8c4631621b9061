/** Jest's resolver: finds bundled packages, and another major of NestJS under NEST_MAJOR (nest-major.cjs). */
const { bundledFiles } = require('./bundled-packages.cjs');
const { redirectedDirectory } = require('./nest-major.cjs');

const bundled = bundledFiles();

module.exports = (request, options) => {
  const path = options.defaultResolver(request, {
    ...options,
    basedir: redirectedDirectory(request, options.basedir) ?? options.basedir,
  });
  return bundled.get(path) ?? path;
};

/** Jest's resolver under NEST_MAJOR; see nest-major.cjs. */
const { redirectedDirectory } = require('./nest-major.cjs');

module.exports = (request, options) =>
  options.defaultResolver(request, {
    ...options,
    basedir: redirectedDirectory(request, options.basedir) ?? options.basedir,
  });

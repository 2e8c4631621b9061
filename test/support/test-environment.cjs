/**
 * Jest's environment for Node.js, which also disables what a suite leaves enabled. Before Node.js 24, an
 * AsyncLocalStorage that ran once costs every later promise of the process a little. Each suite has storages
 * of its own, so the last suites of a worker would pay for all before them.
 */
const { AsyncLocalStorage } = require('node:async_hooks');
const { TestEnvironment } = require('jest-environment-node');

/** Storages that the current suite has used. */
const used = new Set();

for (const method of ['run', 'enterWith']) {
  const original = AsyncLocalStorage.prototype[method];
  AsyncLocalStorage.prototype[method] = function (...values) {
    used.add(this);
    return original.apply(this, values);
  };
}

module.exports = class extends TestEnvironment {
  async teardown() {
    await super.teardown();
    for (const storage of used) storage.disable();
    used.clear();
  }
};

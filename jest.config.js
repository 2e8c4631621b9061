import { bundlePackages } from './test/support/bundled-packages.cjs';

/*
 * Five projects. test/README.md says what each is for, and test/projects.spec.ts checks that each spec is in
 * the right one. A spec that matches none of these patterns is `fast`.
 */
const KERNEL = String.raw`\.kernel\.spec\.ts$|/test/faults/kernel/.*\.spec\.ts$`;
const PROCESS = String.raw`\.process\.spec\.ts$|/test/(?:bench|torture|interop|packaging/fresh-app)/.*\.spec\.ts$`;
const SLOW = String.raw`\.slow\.spec\.ts$|/test/(?:faults/(?:bytes|simulation)|examples)/.*\.spec\.ts$`;
/** What the repository says about itself: folders, documents, exports. A change in src rarely breaks these. */
const REPOSITORY = String.raw`/test/(?:architecture|docs|packaging)/.*\.spec\.ts$|/test/(?:architecture|projects)\.spec\.ts$`;

/**
 * Set for runs on other releases of Node.js and NestJS, which leave out the tests that do not depend on them.
 */
const isCompatibilityRun = process.env.COMPAT_SUITE !== undefined;

await bundlePackages();

/** @type {import('jest').Config} */
const shared = {
  testEnvironment: '<rootDir>/test/support/test-environment.cjs',
  roots: ['<rootDir>/test'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '/test/fixtures/',
    // Installs from the npm registry and takes minutes: `npm run test:packaging`.
    '/test/packaging/fresh-app/',
    // Needs programs in Rust: `npm run test:interop`.
    '/test/interop/',
    // Faults in the same engine, and the documents.
    ...(isCompatibilityRun ? ['/test/faults/', '/test/torture/', '/test/bench/', '/test/docs/'] : []),
  ],
  modulePathIgnorePatterns: ['<rootDir>/test/compat/', '<rootDir>/test/interop/rust/'],
  resolver: '<rootDir>/test/support/jest-resolver.cjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: true,
      },
    ],
  },
  moduleNameMapper: {
    // Sources import each other by their emitted names (`./x.js`).
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^nestjs-file-journal$': '<rootDir>/src/index.ts',
    '^nestjs-file-journal/order-book$': '<rootDir>/src/order-book/index.ts',
    '^nestjs-file-journal/(journal-kit|telemetry)$': '<rootDir>/src/$1/public.ts',
    '^nestjs-file-journal/testing$': '<rootDir>/src/testing/index.ts',
    '^nestjs-file-journal/terminus$': '<rootDir>/src/telemetry/health/index.ts',
    '^nestjs-file-journal/(prometheus|opentelemetry)$': '<rootDir>/src/telemetry/$1/index.ts',
  },
};
/** Fails at once, with the command to run, when dist/ is missing or out of date. */
const withBuild = { ...shared, globalSetup: '<rootDir>/test/support/require-build.mjs' };

/** Paths that match a pattern and none of the others. */
function except(pattern, ...others) {
  return `^(?!.*(?:${others.join('|')}))${pattern}`;
}

/** @type {import('jest').Config} */
export default {
  projects: [
    {
      ...shared,
      displayName: 'fast',
      testRegex: except(String.raw`.*\.spec\.ts$`, KERNEL, PROCESS, SLOW, REPOSITORY),
    },
    { ...shared, displayName: 'repository', testRegex: except(`.*(?:${REPOSITORY})`, KERNEL, PROCESS, SLOW) },
    { ...shared, displayName: 'slow', testRegex: except(`.*(?:${SLOW})`, KERNEL, PROCESS) },
    { ...withBuild, displayName: 'process', testRegex: PROCESS },
    { ...withBuild, displayName: 'kernel', testRegex: KERNEL },
  ],
  // Ends a test that hangs. The limit is many times the duration of any test, because the machine may be
  // busy.
  testTimeout: 180_000,
  // By default Jest leaves one of two cores idle.
  maxWorkers: 2,
};

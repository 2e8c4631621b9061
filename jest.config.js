/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  // fresh-app installs from the npm registry and takes minutes: `npm run test:packaging`.
  testPathIgnorePatterns: [
    '/node_modules/',
    '/test/fixtures/',
    '/test/packaging/fresh-app/',
    // Needs programs in Rust: `npm run test:interop`.
    '/test/interop/',
    // On other releases of Node.js and NestJS: minutes of faults in the same engine, and what the documents say, are enough once.
    ...(process.env['COMPAT_SUITE'] === undefined
      ? []
      : ['/test/faults/', '/test/torture/', '/test/bench/', '/test/docs/']),
  ],
  modulePathIgnorePatterns: ['<rootDir>/test/compat/', '<rootDir>/test/interop/rust/'],
  ...(process.env['NEST_MAJOR'] === undefined
    ? {}
    : { resolver: '<rootDir>/test/support/nest-major-resolver.cjs' }),
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
        sourceMaps: 'inline',
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
  // Ends a test that hangs; many times what any of them takes alone, because the machine may be busy.
  testTimeout: 180_000,
  // By default Jest leaves one of two cores idle.
  maxWorkers: 2,
};

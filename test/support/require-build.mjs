import { EXAMPLES } from '../../scripts/build-examples.mjs';
import { LIBRARY } from '../../scripts/build.mjs';
import { buildState } from '../../scripts/compiler.mjs';

/** Jest's globalSetup of the projects whose tests run the built package. */
export default function requireBuild() {
  requireCurrent(LIBRARY, 'dist/', 'src/', 'npm run build');
}

/** For tests that run compiled examples. */
export function requireExamples() {
  requireCurrent(EXAMPLES, 'dist/examples/', 'examples/ or src/', 'npm run build:examples');
}

function requireCurrent(target, output, sources, command) {
  const state = buildState(target);
  if (state === 'current') return;
  const found = state === 'missing' ? `${output} is missing` : `${output} is older than ${sources}`;
  throw new OutOfDateError(`${found}. The tests of this project run what is built: run \`${command}\`.`);
}

class OutOfDateError extends Error {
  constructor(message) {
    super(message);
    // The place it is thrown from says nothing.
    this.stack = message;
  }
}

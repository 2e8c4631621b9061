import { InvalidArgumentError } from '../journal/index.js';
import { assertCallOptions, type OptionNames } from '../common/index.js';
import type { SubmitOptions } from './sequencer.interface.js';

const SUBMIT_OPTIONS: OptionNames<SubmitOptions> = { commandId: true, isSame: true };

/** @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) that names the option */
export function assertSubmitOptions(options: SubmitOptions): void {
  assertCallOptions(options, SUBMIT_OPTIONS);
  const { isSame } = options;
  if (isSame !== undefined && typeof isSame !== 'function')
    throw new InvalidArgumentError('isSame', isSame, 'a function of two commands');
}

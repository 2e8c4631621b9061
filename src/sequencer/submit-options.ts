import { InvalidArgumentError } from '../journal/index.js';
import { assertCallOptions, type OptionNames } from '../common/index.js';

/**
 * Options of one `submit`.
 * @publicApi
 */
export interface SubmitOptions {
  /**
   * Identifies the command in its journal, in 1 to 128 bytes of UTF-8: submitting it again answers with the
   * event that was journaled the first time.
   * @default none: every submit is a new command
   */
  readonly commandId?: string | undefined;
  /**
   * Returns whether the known command with this id and the submitted one are the same; it gets both as they
   * are stored. Use it for commands with values that differ in each request, such as the time of arrival.
   * @default all stored values must be equal
   */
  readonly isSame?: ((known: unknown, repeated: unknown) => boolean) | undefined;
}

const SUBMIT_OPTIONS: OptionNames<SubmitOptions> = { commandId: true, isSame: true };

/** @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) that names the option */
export function assertSubmitOptions(options: SubmitOptions): void {
  assertCallOptions(options, SUBMIT_OPTIONS);
  const { isSame } = options;
  if (isSame !== undefined && typeof isSame !== 'function')
    throw new InvalidArgumentError('isSame', isSame, 'a function of two commands');
}

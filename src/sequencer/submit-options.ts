import { InvalidArgumentError } from '../journal/index.js';
import { assertCallOptions, type OptionNames } from '../common/index.js';

/** How to submit one command. */
export interface SubmitOptions {
  /**
   * Names this command among all of its journal, in 1 to 128 bytes of UTF-8: submitting it again answers with what was journaled
   * the first time.
   * @default none: every submit is a command of its own
   */
  readonly commandId?: string | undefined;
  /**
   * Whether the command that is known by this id and the one that is submitted now are the same; both as they are stored. For commands
   * that carry what was made up on the way in, such as the time a request came.
   * @default everything that is stored must be equal
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

import { IoError } from '../../journal/index.js';
import { isOutOfSpace } from '../os/file-system.js';

/**
 * The error of an append that is refused although the journal continues: the system's error, and when to try
 * again.
 * @param isBegun whether earlier entries of the same append are stored
 */
export function refusal(error: unknown, isBegun: boolean): unknown {
  if (!(error instanceof IoError)) return error;
  const written = isBegun ? 'a prefix of the batch is stored' : 'nothing was written';
  const when = isOutOfSpace(error) ? 'there is space' : 'that succeeds';
  return new IoError(error.operation, error.path, error.osCode, {
    cause: error.cause ?? error,
    outcome: isBegun ? 'unknown' : 'not-written',
    hint: `${written}; the journal accepts appends again once ${when}`,
  });
}

import type { IntegrityError } from '../journal/index.js';
import type { Output } from './output.js';

/** A table of the faults that a verification found. */
export function showFaults(output: Output, faults: readonly IntegrityError[]): void {
  output.table(
    ['FAULT', 'SEGMENT', 'OFFSET', 'SEQUENCE', 'WHAT'],
    faults.map(({ kind, segment, offset, sequence, message }) => [
      output.colors.red(kind),
      segment,
      offset.toString(),
      sequence?.toString() ?? '-',
      message,
    ]),
  );
}

import { formatBytes } from './format-values.js';
import type { Output } from './output.js';
import type { SnapshotState } from './snapshot-states.js';

/** A table of snapshots, or a line that says that there are none. */
export function showSnapshots(output: Output, states: readonly SnapshotState[]): void {
  if (states.length === 0) {
    output.line('no snapshots');
    return;
  }
  const { green, red, yellow } = output.colors;
  const colorOf = { consistent: green, foreign: red, damaged: red, uncompared: yellow };
  output.table(
    ['SNAPSHOT OF', 'SEQUENCE', 'VERSION', 'SIZE', 'WRITTEN', 'STATE', 'WHY'],
    states.map(({ target, sequence, stateVersion, sizeBytes, modifiedMs, state, reason }) => [
      target,
      sequence.toString(),
      stateVersion?.toString() ?? '-',
      formatBytes(sizeBytes),
      new Date(modifiedMs).toISOString(),
      colorOf[state](state),
      reason ?? '',
    ]),
  );
}

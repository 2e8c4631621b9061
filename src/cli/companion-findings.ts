import type { Finding } from '../file-journal/index.js';
import type { CheckpointState } from './checkpoint-states.js';
import type { SnapshotState } from './snapshot-states.js';

/** What is wrong with the snapshots and the checkpoints of projections. */
export function companionFindings(
  snapshots: readonly SnapshotState[],
  projections: readonly CheckpointState[],
): Finding[] {
  return [...snapshots.flatMap(snapshotFindings), ...projections.flatMap(checkpointFindings)];
}

function snapshotFindings({ file, target, state, reason }: SnapshotState): Finding[] {
  if (state !== 'foreign' && state !== 'damaged') return [];
  return [
    {
      severity: 'damage',
      code: `${state}-snapshot`,
      file,
      offset: null,
      message: `the snapshot of ${target} is ${state}: ${reason}`,
      action: 'move it away: the application ignores it, and uses an older one or replays the journal',
    },
  ];
}

function checkpointFindings({ file, projection, state, reason }: CheckpointState): Finding[] {
  if (state !== 'foreign' && state !== 'damaged') return [];
  return [
    {
      severity: 'damage',
      code: `${state}-checkpoint`,
      file,
      offset: null,
      message: `the checkpoint of projection ${projection} is ${state}: ${reason}`,
      action: 'rebuild the projection: its read model belongs to entries that the journal does not hold',
    },
  ];
}

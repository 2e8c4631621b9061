import type { CompanionFormat } from '../file-journal/index.js';
import { parseCheckpointName, readCheckpointFile } from '../projections/index.js';
import { parseSnapshotName, readSnapshotFile } from '../replay/index.js';

/** The files that a backup includes besides the segments: snapshots, and checkpoints of projections. */
export const COMPANIONS: readonly CompanionFormat[] = [
  {
    kind: 'snapshot',
    folder: 'snapshots',
    owns: (name) => parseSnapshotName(name) !== null,
    read(name, content) {
      const { sequence, entryCrc } = readSnapshotFile(name, content);
      return { entry: { sequence, crc: entryCrc }, reach: sequence };
    },
  },
  {
    kind: 'checkpoint',
    folder: 'projections',
    owns: (name) => parseCheckpointName(name) !== null,
    read(name, content) {
      const { position, entryCrc, historyEnd } = readCheckpointFile(name, content);
      return {
        entry: position === null || entryCrc === null ? null : { sequence: position, crc: entryCrc },
        // In a journal that ends before the end of the history, new entries would count as history.
        reach: position !== null && (historyEnd === null || position > historyEnd) ? position : historyEnd,
      };
    },
  },
];

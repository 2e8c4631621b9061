import { join } from 'node:path';
import { FileJournal } from '../../file-journal/index.js';
import { InvalidArgumentError, U64_MAX } from '../../journal/index.js';
import { readCheckpointStates } from '../checkpoint-states.js';
import type { CommandContext } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { formatCount } from '../format-values.js';
import { openToMaintain } from '../open-to-maintain.js';
import { readSnapshotStates } from '../snapshot-states.js';

export interface ArchiveCommandOptions {
  readonly upTo: bigint;
  readonly snapshots?: string;
  readonly projections?: string;
  readonly force: boolean;
}

export async function runArchive(
  { output }: CommandContext,
  directory: string,
  options: ArchiveCommandOptions,
): Promise<ExitCode> {
  const { upTo, force } = options;
  if (!force) await assertCovered(directory, options);
  const journal = await openToMaintain(output, directory, 'snapshots: { archive: true }');
  try {
    const segments = await journal.archiveSegmentsBefore(upTo === U64_MAX ? upTo : upTo + 1n);
    const { firstAvailableSequence: firstSequence, lastSequence } = journal;
    output.result({ segments, firstSequence, lastSequence, recovery: journal.recovery }, () => {
      output.line(`archived ${formatCount(segments)} segments`);
      const range =
        lastSequence === null ? 'is empty' : `holds sequences ${firstSequence} to ${lastSequence}`;
      output.line(`the journal ${range}`);
    });
    return EXIT.ok;
  } finally {
    await journal.close();
  }
}

/** Refuses to archive entries that the application needs at startup. */
async function assertCovered(directory: string, options: ArchiveCommandOptions): Promise<void> {
  const {
    upTo,
    snapshots = join(directory, 'snapshots'),
    projections = join(directory, 'projections'),
  } = options;
  const journal = await FileJournal.openReadOnly({ directory });
  try {
    const newest = new Map<string, bigint>();
    for (const { target, sequence, state } of await readSnapshotStates(snapshots, journal, false)) {
      const isUsable = state === 'consistent' || state === 'uncompared';
      newest.set(target, isUsable ? sequence : (newest.get(target) ?? -1n));
    }
    if (newest.size === 0) throw notCovered(upTo, `there is no snapshot in ${snapshots}`);
    for (const [target, sequence] of newest) {
      if (sequence >= upTo) continue;
      const end = sequence < 0n ? 'has no usable snapshot' : `has its newest usable snapshot at ${sequence}`;
      throw notCovered(upTo, `${target} ${end}`);
    }
    for (const { projection, position } of await readCheckpointStates(projections, journal)) {
      if (position === null || position < upTo)
        throw notCovered(upTo, `projection ${projection} is at ${position ?? 'the beginning'}`);
    }
  } finally {
    await journal.close();
  }
}

function notCovered(upTo: bigint, reason: string): InvalidArgumentError {
  return new InvalidArgumentError(
    'upTo',
    upTo,
    'covered by snapshots and projections',
    `${reason}, and the application would miss the entries up to ${upTo} at startup; ` +
      'choose a lower sequence, or archive them anyway with --force',
  );
}

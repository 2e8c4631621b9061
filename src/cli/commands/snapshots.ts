import { join } from 'node:path';
import { FileJournal } from '../../file-journal/index.js';
import type { CommandContext } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { formatCount } from '../format-values.js';
import { readSnapshotStates, type SnapshotState } from '../snapshot-states.js';
import { showSnapshots } from '../snapshots-text.js';

export interface SnapshotsCommandOptions {
  readonly snapshots?: string;
}

export async function runSnapshotsList(
  { output }: CommandContext,
  directory: string,
  options: SnapshotsCommandOptions,
): Promise<ExitCode> {
  const states = await read(directory, options, false);
  output.result({ snapshots: states }, () => showSnapshots(output, states));
  return exitCodeOfAll(states);
}

export async function runSnapshotsVerify(
  { output }: CommandContext,
  directory: string,
  options: SnapshotsCommandOptions,
): Promise<ExitCode> {
  const states = await read(directory, options, true);
  const faulty = states.filter(({ state }) => state !== 'consistent');
  output.result({ ok: exitCodeOfAll(states) === EXIT.ok, checked: states.length, faults: faulty }, () => {
    output.line(`${formatCount(states.length)} snapshots, ${formatCount(faulty.length)} not consistent`);
    if (faulty.length > 0) showSnapshots(output, faulty);
  });
  return exitCodeOfAll(states);
}

async function read(
  directory: string,
  { snapshots = join(directory, 'snapshots') }: SnapshotsCommandOptions,
  decode: boolean,
): Promise<SnapshotState[]> {
  const journal = await FileJournal.openReadOnly({ directory });
  try {
    return await readSnapshotStates(snapshots, journal, decode);
  } finally {
    await journal.close();
  }
}

function exitCodeOfAll(states: readonly SnapshotState[]): ExitCode {
  return states.some(({ state }) => state === 'foreign' || state === 'damaged') ? EXIT.found : EXIT.ok;
}

import { join } from 'node:path';
import { FileJournal, inspectJournal, type Finding } from '../../file-journal/index.js';
import { JournalError, messageOf } from '../../journal/index.js';
import { readCheckpointStates, type CheckpointState } from '../checkpoint-states.js';
import type { CommandContext } from '../command.js';
import { companionFindings } from '../companion-findings.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { showInspection, type InspectionResult } from '../inspection-text.js';
import { readSnapshotStates, type SnapshotState } from '../snapshot-states.js';

export interface InspectCommandOptions {
  readonly snapshots?: string;
  readonly projections?: string;
  /** How many segments the text lists. */
  readonly segments: number;
}

export async function runInspect(
  { output }: CommandContext,
  directory: string,
  options: InspectCommandOptions,
): Promise<ExitCode> {
  const inspection = await inspectJournal({ directory });
  const companions = await readCompanions(directory, options);
  const result: InspectionResult = {
    ...inspection,
    ...companions,
    findings: [...inspection.findings, ...companions.findings],
  };
  output.result(result, () => showInspection(output, result, options.segments));
  return result.findings.some(({ severity }) => severity === 'damage') ? EXIT.found : EXIT.ok;
}

interface Companions {
  readonly snapshots: readonly SnapshotState[];
  readonly projections: readonly CheckpointState[];
  readonly findings: readonly Finding[];
}

async function readCompanions(
  directory: string,
  {
    snapshots: snapshotPath = join(directory, 'snapshots'),
    projections: checkpointPath = join(directory, 'projections'),
  }: InspectCommandOptions,
): Promise<Companions> {
  try {
    const journal = await FileJournal.openReadOnly({ directory });
    try {
      const snapshots = await readSnapshotStates(snapshotPath, journal, false);
      const projections = await readCheckpointStates(checkpointPath, journal);
      return { snapshots, projections, findings: companionFindings(snapshots, projections) };
    } finally {
      await journal.close();
    }
  } catch (error) {
    if (!JournalError.isJournalError(error)) throw error;
    return { snapshots: [], projections: [], findings: [notCompared(messageOf(error))] };
  }
}

/** The damage is so severe that no reader can open the journal; the other findings describe it. */
function notCompared(reason: string): Finding {
  return {
    severity: 'warning',
    code: 'unreadable',
    file: null,
    offset: null,
    message: `snapshots and projections were not compared: ${reason}`,
    action: 'fix the problems of the journal first',
  };
}

import { IoError, isError } from '../../journal/index.js';
import type { JournalStatus } from '../index.js';
import type { ResolvedHealthOptions } from './health-options.js';
import type { HealthReason } from './health-reason.js';

type Found = Pick<HealthReason, 'code' | 'message'>;

/** Free space for fewer segments is `disk-low`. */
const LOW_SEGMENTS = 4;

/** Finds the reasons why a journal is not healthy. The options decide later how much each one counts. */
export function findReasons(journal: JournalStatus, options: ResolvedHealthOptions): Found[] {
  return [
    ...ofState(journal),
    ...ofStorage(journal, options),
    ...ofReplay(journal),
    ...ofLag(journal, options),
  ];
}

function ofState({ state, failure, commands }: JournalStatus): Found[] {
  if (state === 'poisoned')
    return [
      {
        code: 'poisoned',
        message: `the journal failed (${causeOf(failure?.cause)}); restart the application`,
      },
    ];
  if (state === 'closed') return [{ code: 'closed', message: 'the journal is closed' }];
  if (commands?.state === 'stopped')
    return [{ code: 'stopped', message: 'the Sequencer accepts no commands; restart the application' }];
  return commands?.isClockSkewed === true
    ? [
        {
          code: 'clock-skewed',
          message: 'the wall clock is more than a second behind the journal; events keep the last time',
        },
      ]
    : [];
}

function ofStorage({ storage, storageError }: JournalStatus, options: ResolvedHealthOptions): Found[] {
  if (storageError !== null)
    return [
      { code: 'storage-unreadable', message: `the directory cannot be read (${causeOf(storageError)})` },
    ];
  if (storage === null) return [];
  const { freeBytes, totalBytes, segmentSizeBytes } = storage;
  const minFreeBytes = Math.max(
    options.minFreeBytes ?? segmentSizeBytes,
    options.minFreeFraction * totalBytes,
  );
  const lowFreeBytes = options.lowFreeBytes ?? LOW_SEGMENTS * segmentSizeBytes;
  const free = `${freeBytes} bytes are free for the journal`;
  if (freeBytes < minFreeBytes)
    return [{ code: 'disk-full', message: `${free}, ${Math.ceil(minFreeBytes)} are needed` }];
  return freeBytes < lowFreeBytes
    ? [{ code: 'disk-low', message: `${free}, fewer than ${lowFreeBytes}` }]
    : [];
}

function ofReplay({ replay, commands, state }: JournalStatus): Found[] {
  if (state !== 'open') return [];
  const isRunning = replay?.phase === 'running';
  if (!isRunning && commands?.state !== 'recovering') return [];
  const progress = isRunning ? `, ${replay.replayed} of ${replay.total} entries` : '';
  return [{ code: 'replaying', message: `the aggregate is rebuilt from the journal${progress}` }];
}

function ofLag({ lag }: JournalStatus, { maxLagEntries }: ResolvedHealthOptions): Found[] {
  const found: Found[] = [];
  for (const { name, lagEntries, isStopped } of lag) {
    if (isStopped)
      found.push({
        code: 'projection-stopped',
        message: `${name} has stopped and is ${lagEntries} entries behind`,
      });
    else if (lagEntries > maxLagEntries)
      found.push({ code: 'lagging', message: `${name} is ${lagEntries} entries behind` });
  }
  return found;
}

/** Leaves out paths, because the health check may be public. The log has the details. */
function causeOf(error: unknown): string {
  if (error instanceof IoError) return `${error.operation}: ${error.osCode}`;
  return isError(error) ? error.name : 'unknown';
}

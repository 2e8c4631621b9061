import type { Journal } from '../../journal/index.js';
import { readVitals, type JournalVitals, type ObservedJournal } from '../index.js';
import { findReasons } from './health-reasons.js';
import { resolveHealthOptions, type JournalHealthOptions } from './health-options.js';

/**
 * Something that is not as it should be.
 * - `poisoned`: a write, sync or rename failed; only a restart helps
 * - `closed`: the journal was closed
 * - `disk-full`: too little space for the segments to come
 * - `disk-low`: it will be so soon
 * - `storage-unreadable`: the directory cannot be looked at
 * - `replaying`: an aggregate is rebuilt from the journal, at boot or because an entry was not stored
 * - `stopped`: the Sequencer takes no commands
 * - `lagging`: a projection is too far behind
 * - `projection-stopped`: a projection does not go on by itself
 * - `clock-skewed`: the wall clock is more than a second behind the journal; events keep the last time
 */
export type HealthReasonCode =
  | 'poisoned'
  | 'closed'
  | 'disk-full'
  | 'disk-low'
  | 'storage-unreadable'
  | 'replaying'
  | 'stopped'
  | 'lagging'
  | 'projection-stopped'
  | 'clock-skewed';

/** Why a journal is not simply up. */
export interface HealthReason {
  readonly code: HealthReasonCode;
  /** `degraded` or `down`, as the options have it. */
  readonly severity: 'degraded' | 'down';
  /** One sentence, with the numbers. */
  readonly message: string;
}

/**
 * `up`: nothing is wrong. `degraded`: it works, and somebody should look. `down`: it stores nothing, or will not for long.
 * @publicApi
 */
export interface JournalHealth {
  readonly status: 'up' | 'degraded' | 'down';
  readonly reasons: readonly HealthReason[];
  /** What the reasons were found in. */
  readonly vitals: JournalVitals;
}

/**
 * The health of a journal, for any framework. Looks at the journal and at its directory; writes nothing and waits for no append.
 * @param observed a journal, or a journal with what is known around it: commands, replay, lag
 * @throws (rejects) InvalidOptionError (`JOURNAL_INVALID_OPTION`)
 * @example
 * const { status, reasons } = await journalHealth(journal, { severity: { 'disk-low': 'down' } });
 * @publicApi
 */
export async function journalHealth(
  observed: Journal | ObservedJournal,
  options: JournalHealthOptions = {},
): Promise<JournalHealth> {
  const resolved = resolveHealthOptions(options);
  const vitals = await readVitals('readFrom' in observed ? { name: 'default', journal: observed } : observed);
  const reasons: HealthReason[] = [];
  for (const { code, message } of findReasons(vitals, resolved)) {
    const severity = resolved.severity[code];
    if (severity !== 'ignore') reasons.push({ code, severity, message });
  }
  return { status: worstOf(reasons), reasons, vitals };
}

function worstOf(reasons: readonly HealthReason[]): JournalHealth['status'] {
  if (reasons.some(({ severity }) => severity === 'down')) return 'down';
  return reasons.length > 0 ? 'degraded' : 'up';
}

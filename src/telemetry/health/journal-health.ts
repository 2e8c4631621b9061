import type { Journal } from '../../journal/index.js';
import { readStatus, type JournalStatus, type ObservedJournal } from '../index.js';
import { findReasons } from './find-reasons.js';
import type { HealthReason } from './health-reason.js';
import { resolveHealthOptions, type JournalHealthOptions } from './health-options.js';

/**
 * The health of a journal. `up`: no problem was found. `degraded`: it works, but needs attention. `down`: it
 * stores nothing, or soon will not.
 * @publicApi
 */
export interface JournalHealth {
  /** The worst status that a reason gives; `up` without reasons. */
  readonly status: 'up' | 'degraded' | 'down';
  /** Empty for a healthy journal. */
  readonly reasons: readonly HealthReason[];
  /** The status that was checked. */
  readonly journal: JournalStatus;
}

/**
 * Checks the health of a journal, in any framework. Reads the journal and its directory; writes nothing and
 * waits for no append.
 * @param observed a journal, or a journal with its commands, replay and lag
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
  const journal = await readStatus(
    'readFrom' in observed ? { name: 'default', journal: observed } : observed,
  );
  const reasons: HealthReason[] = [];
  for (const { code, message } of findReasons(journal, resolved)) {
    const severity = resolved.severity[code];
    if (severity !== 'ignore') reasons.push({ code, severity, message });
  }
  return { status: worstOf(reasons), reasons, journal };
}

function worstOf(reasons: readonly HealthReason[]): JournalHealth['status'] {
  if (reasons.some(({ severity }) => severity === 'down')) return 'down';
  return reasons.length > 0 ? 'degraded' : 'up';
}

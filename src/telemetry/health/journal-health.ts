import type { Journal } from '../../journal/index.js';
import { readVitals, type JournalVitals, type ObservedJournal } from '../index.js';
import { findReasons } from './find-reasons.js';
import type { HealthReason } from './health-reason.js';
import { resolveHealthOptions, type JournalHealthOptions } from './health-options.js';

/**
 * `up`: nothing is wrong. `degraded`: it works, and somebody should look. `down`: it stores nothing, or will
 * not for long.
 * @publicApi
 */
export interface JournalHealth {
  /** The worst status that a reason gives; `up` without reasons. */
  readonly status: 'up' | 'degraded' | 'down';
  /** What is wrong; empty when nothing is. */
  readonly reasons: readonly HealthReason[];
  /** What the reasons were found in. */
  readonly vitals: JournalVitals;
}

/**
 * The health of a journal, for any framework. Looks at the journal and at its directory; writes nothing and
 * waits for no append.
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

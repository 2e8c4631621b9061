import type { HealthIndicatorResult } from '@nestjs/terminus';
import { InvalidArgumentError, bigintsToStrings } from '../../journal/index.js';
import { assertOptions, assertOptionNames, overrideOptions, type OptionNames } from '../../common/index.js';
import type { ObservedJournals } from '../index.js';
import { HEALTH_OPTIONS, type JournalHealthOptions } from './health-options.js';
import { LIVENESS_SEVERITIES } from './health-severity.js';
import { journalHealth, type JournalHealth } from './journal-health.js';

/** The part of terminus' HealthIndicatorSession used here. `degraded` exists since version 12. @publicApi */
export interface HealthSession {
  /** Reports the journal as healthy. */
  up(data: Record<string, unknown>): HealthIndicatorResult;
  /** Reports the journal as failed. */
  down(data: Record<string, unknown>): HealthIndicatorResult;
  /** Reports the journal as impaired, if the session has that status. */
  degraded?(data: Record<string, unknown>): HealthIndicatorResult;
}

/** The journal of one check, and options that differ for it. @publicApi */
export interface JournalCheckOptions extends JournalHealthOptions {
  /** Name of the journal. @default 'default' */
  readonly journal?: string;
}

const ALIVE_OPTIONS: OptionNames<Pick<JournalCheckOptions, 'journal'>> = { journal: true };
const CHECK_OPTION_NAMES = [...Object.keys(ALIVE_OPTIONS), ...Object.keys(HEALTH_OPTIONS)];

/**
 * Reports the health of journals to terminus.
 *
 * A degraded journal is `degraded` in terminus 12 and later: HTTP 200, overall status `degraded`. Terminus 11
 * knows only up and down; there it is `up` with `degraded: true`. Both contain the reasons.
 *
 * @example
 * \@Get('ready') @HealthCheck()
 * ready() { return this.health.check([() => this.journal.isHealthy('journal')]); }
 * \@Get('live') @HealthCheck()
 * live() { return this.health.check([() => this.journal.isAlive('journal')]); }
 * @publicApi
 */
export class JournalHealthIndicator {
  constructor(
    private readonly journals: ObservedJournals,
    private readonly sessionOf: (key: string) => HealthSession,
    private readonly options: JournalHealthOptions = {},
  ) {}

  /**
   * Readiness: whether the journal accepts commands and will continue to.
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) if there is no such journal
   * @throws (rejects) InvalidOptionError (`JOURNAL_INVALID_OPTION`)
   */
  async isHealthy(key: string, options: JournalCheckOptions = {}): Promise<HealthIndicatorResult> {
    assertOptionNames(options, CHECK_OPTION_NAMES);
    const { journal, ...check } = options;
    const severity = overrideOptions(this.options.severity ?? {}, check.severity ?? {});
    const limits = overrideOptions(this.options, check);
    return this.report(key, await this.healthOf(journal, { ...limits, severity }));
  }

  /**
   * Liveness: down only if a restart of the process would help, which is when the journal is poisoned or
   * closed, or its Sequencer has stopped. A full disk is none of these.
   */
  async isAlive(
    key: string,
    options: Pick<JournalCheckOptions, 'journal'> = {},
  ): Promise<HealthIndicatorResult> {
    assertOptions(options, ALIVE_OPTIONS);
    const { journal } = options;
    return this.report(key, await this.healthOf(journal, { severity: LIVENESS_SEVERITIES }));
  }

  private healthOf(name = 'default', options: JournalHealthOptions): Promise<JournalHealth> {
    const observed = this.journals.observed().find((candidate) => candidate.name === name);
    if (observed !== undefined) return journalHealth(observed, options);
    const names = this.journals.observed().map((journal) => journal.name);
    throw new InvalidArgumentError('journal', name, `one of ${names.join(', ') || '(no journal is open)'}`);
  }

  private report(key: string, { status, reasons, journal }: JournalHealth): HealthIndicatorResult {
    const session = this.sessionOf(key);
    const { state, durability, lastSequence, durableSequence } = journal;
    const data = bigintsToStrings({ state, durability, lastSequence, durableSequence, reasons }) as Record<
      string,
      unknown
    >;
    if (status === 'down') return session.down(data);
    if (status === 'up') return session.up(data);
    return session.degraded?.(data) ?? session.up({ ...data, degraded: true });
  }
}

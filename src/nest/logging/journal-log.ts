import { Logger } from '@nestjs/common';
import { counted, monotonicMs } from '../../common/index.js';
import { type Journal } from '../../journal/index.js';
import { listenToTelemetry } from '../../telemetry/index.js';
import { LogRecord, type LogFacts } from './log-record.js';

type Level = 'debug' | 'log' | 'warn' | 'error' | 'fatal';

/**
 * Shortest time between two warnings about slow syncs. A warning counts the slow syncs since the last one.
 */
const SLOW_SYNC_LOG_INTERVAL_MS = 10_000;

/** Logs the events of one journal through Nest's Logger. */
export class JournalLog {
  private readonly logger = new Logger('FileJournalModule');
  private stopListening: () => void = () => undefined;
  private slowSyncs = 0;
  private nextSlowSyncLogAt = 0;

  constructor(
    private readonly name: string,
    private readonly journal: Journal,
    /** Longer syncs are logged as warnings; false switches the warnings off. */
    private readonly slowSyncMs: number | false,
  ) {}

  /** Logs how the journal was opened, and from now on its events. */
  start(): void {
    this.reportOpened();
    this.stopListening = listenToTelemetry({
      rotated: ({ journal, startSequence }) =>
        this.ifMine(
          journal,
          'debug',
          'journal.rotated',
          `a new segment starts at sequence ${startSequence}`,
          {
            startSequence,
          },
        ),
      archived: ({ journal, segments, beforeSequence }) =>
        this.ifMine(
          journal,
          'log',
          'journal.archived',
          `${counted(segments, 'segment')} archived, before ${beforeSequence}`,
          {
            segments,
            beforeSequence,
          },
        ),
      ...(this.slowSyncMs === false
        ? {}
        : { synced: ({ journal, durationMs }) => journal === this.journal && this.noteSync(durationMs) }),
    });
    this.journal.onPoisoned((failure) =>
      this.report('fatal', 'journal.poisoned', failure.message, { error: failure, cause: failure.cause }),
    );
  }

  stop(): void {
    this.stopListening();
  }

  report(level: Level, event: string, sentence: string, facts: LogFacts = {}): void {
    this.logger[level](new LogRecord(event, this.name, sentence, facts));
  }

  private ifMine(journal: object, level: Level, event: string, sentence: string, facts: LogFacts): void {
    if (journal === this.journal) this.report(level, event, sentence, facts);
  }

  private reportOpened(): void {
    const { recovery, durability } = this.journal;
    const { outcome, segments, lastSequence, cut, durationMs } = recovery;
    const facts = { durability, ...recovery };
    const opened =
      `opened (${outcome}, ${counted(segments, 'segment')}, last sequence ${lastSequence ?? 'none'}, ${durability}) in ` +
      `${Math.round(durationMs)} ms`;
    if (cut === null) return this.report('log', 'journal.opened', opened, facts);
    const kept = cut.quarantineFile === null ? '' : `, kept in ${cut.quarantineFile}`;
    const what = `${cut.lengthBytes} bytes cut from ${cut.segment} at offset ${cut.offset} (${cut.reason})${kept}`;
    this.report('warn', 'journal.opened', `${opened}; ${what}`, facts);
  }

  private noteSync(durationMs: number): void {
    if (this.slowSyncMs === false || durationMs < this.slowSyncMs) return;
    this.slowSyncs += 1;
    const now = monotonicMs();
    if (now < this.nextSlowSyncLogAt) return;
    this.nextSlowSyncLogAt = now + SLOW_SYNC_LOG_INTERVAL_MS;
    const count = this.slowSyncs;
    this.slowSyncs = 0;
    this.report(
      'warn',
      'journal.sync.slow',
      `a sync took ${Math.round(durationMs)} ms (limit ${this.slowSyncMs} ms)` +
        (count > 1 ? `, ${count} slow syncs since the last warning` : ''),
      { durationMs, slowSyncMs: this.slowSyncMs, count },
    );
  }
}

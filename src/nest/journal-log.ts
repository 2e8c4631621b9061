import { Logger } from '@nestjs/common';
import { monotonicMs } from '../common/index.js';
import { type Journal } from '../journal/index.js';
import { listenToTelemetry } from '../telemetry/index.js';
import { LogRecord, type LogFacts } from './log-record.js';

type Level = 'debug' | 'log' | 'warn' | 'error' | 'fatal';

/** A disk that is slow for a while is told once in so long, with how often it was. */
const SLOW_SYNC_LOG_INTERVAL_MS = 10_000;

/** What one journal does, through Nest's Logger. */
export class JournalLog {
  private readonly logger = new Logger('FileJournalModule');
  private stopListening: () => void = () => undefined;
  private slowSyncs = 0;
  private nextSlowSyncLogAt = 0;

  constructor(
    private readonly name: string,
    private readonly journal: Journal,
    /** Syncs that take longer are told. False: none. */
    private readonly slowSyncMs: number | false,
  ) {}

  /** Tells how the journal was opened, and from now on what it does. */
  start(): void {
    this.tellOpened();
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
          `${segments} segments archived, before ${beforeSequence}`,
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
      this.tell('fatal', 'journal.poisoned', failure.message, { error: failure, cause: failure.cause }),
    );
  }

  stop(): void {
    this.stopListening();
  }

  tell(level: Level, event: string, sentence: string, facts: LogFacts = {}): void {
    this.logger[level](new LogRecord(event, this.name, sentence, facts));
  }

  private ifMine(journal: object, level: Level, event: string, sentence: string, facts: LogFacts): void {
    if (journal === this.journal) this.tell(level, event, sentence, facts);
  }

  private tellOpened(): void {
    const { recovery, durability } = this.journal;
    const { outcome, segments, lastSequence, cut, durationMs } = recovery;
    const facts = { durability, ...recovery };
    const opened =
      `opened (${outcome}, ${segments} segments, last sequence ${lastSequence ?? 'none'}, ${durability}) in ` +
      `${Math.round(durationMs)} ms`;
    if (cut === null) return this.tell('log', 'journal.opened', opened, facts);
    const kept = cut.quarantineFile === null ? '' : `, kept in ${cut.quarantineFile}`;
    const what = `${cut.lengthBytes} bytes cut from ${cut.segment} at offset ${cut.offset} (${cut.reason})${kept}`;
    this.tell('warn', 'journal.opened', `${opened}; ${what}`, facts);
  }

  private noteSync(durationMs: number): void {
    if (this.slowSyncMs === false || durationMs < this.slowSyncMs) return;
    this.slowSyncs += 1;
    const now = monotonicMs();
    if (now < this.nextSlowSyncLogAt) return;
    this.nextSlowSyncLogAt = now + SLOW_SYNC_LOG_INTERVAL_MS;
    const count = this.slowSyncs;
    this.slowSyncs = 0;
    this.tell(
      'warn',
      'journal.sync.slow',
      `a sync took ${Math.round(durationMs)} ms (limit ${this.slowSyncMs} ms)` +
        (count > 1 ? `, ${count} slow ones since this was told last` : ''),
      { durationMs, slowSyncMs: this.slowSyncMs, count },
    );
  }
}

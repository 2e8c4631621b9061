import { FileJournal, type FileJournalOptions } from 'nestjs-file-journal';
import { orderBookCodec } from 'nestjs-file-journal/order-book';
import { EventSource } from '../harness/events.js';
import { batchLoop, closedLoop, type LoopOutcome } from '../harness/loops.js';
import type { Appender, Opening } from './contestant.js';

export type JournalOptions = Omit<FileJournalOptions, 'directory' | 'codec'>;

/** The default of this package; the targets compare it. */
export const OURS = 'nestjs-file-journal';
/** Like a transaction: one call and one promise for all entries. */
export const OURS_BATCH = 'nestjs-file-journal, appendBatch';
export const OURS_EVENT_LOOP = "nestjs-file-journal, syncOn: 'event-loop'";
export const OURS_MAPPED = 'nestjs-file-journal, mapped writer';

export function openJournal(directory: string, options: JournalOptions = {}) {
  return FileJournal.open({ directory, codec: orderBookCodec(), ...options });
}

export type OrderJournal = Awaited<ReturnType<typeof openJournal>>;

/** This package, in each configuration that changes how an append becomes durable. */
export const JOURNAL_APPENDERS: readonly Opening<Appender>[] = [
  journalAppender(OURS, {}),
  batchAppender(),
  journalAppender(OURS_EVENT_LOOP, { syncOn: 'event-loop' }),
  journalAppender(OURS_MAPPED, { writer: 'mapped' }),
];

export function journalAppender(name: string, options: JournalOptions): Opening<Appender> {
  return {
    name,
    async open(directory) {
      const journal = await openJournal(directory, options);
      const source = new EventSource();
      return {
        name,
        isFloor: false,
        supports: () => true,
        run: (inFlight: number, durationMs: number): Promise<LoopOutcome> =>
          closedLoop(inFlight, durationMs, () => journal.append(source.typed())),
        close: () => journal.close(),
      };
    },
  };
}

function batchAppender(): Opening<Appender> {
  return {
    name: OURS_BATCH,
    async open(directory) {
      const journal = await openJournal(directory);
      const source = new EventSource();
      return {
        name: OURS_BATCH,
        isFloor: false,
        supports: () => true,
        run: (inFlight: number, durationMs: number): Promise<LoopOutcome> =>
          batchLoop(inFlight, durationMs, (count) => journal.appendBatch(source.batch(count))),
        close: () => journal.close(),
      };
    },
  };
}

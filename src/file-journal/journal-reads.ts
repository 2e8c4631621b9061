import { assertVerifyOptions } from '../journal-kit/index.js';
import type {
  IntegrityReport,
  JournalEntries,
  PayloadCodec,
  ReadOptions,
  VerifyOptions,
} from '../journal/index.js';
import type { Archive } from './archive/archive.js';
import type { ReaderName } from './segment/segment-source.js';
import type { JournalState } from './write/journal-state.js';
import type { ReadPlan } from './read/entry-iterator.js';
import { verifyJournal } from './read/integrity.js';
import { readEntries } from './read/read-entries.js';

/** The options of a journal that reading depends on; see FileJournalOptions. */
interface ReadingOptions<TCommand, TResult> {
  readonly reader: ReaderName;
  readonly codec: PayloadCodec<TCommand, TResult>;
}

/** Reads of a journal that is being written: each covers what is visible when it starts. */
export class JournalReads<TCommand, TResult> {
  constructor(
    private readonly state: JournalState,
    private readonly archiving: Archive,
    private readonly options: ReadingOptions<TCommand, TResult>,
  ) {}

  /** See `Journal.readFrom`. */
  from(sequence: bigint | number, options: ReadOptions): JournalEntries<TCommand, TResult> {
    const entries = readEntries(sequence, options, () => this.plan(options));
    this.state.assertNotClosed();
    return entries;
  }

  /** See `Journal.verifyIntegrity`. */
  async verify(options: VerifyOptions): Promise<IntegrityReport> {
    assertVerifyOptions(options);
    return verifyJournal(this.plan(options));
  }

  private plan({ includeArchived }: VerifyOptions): ReadPlan<TCommand, TResult> {
    const { state } = this;
    state.assertNotClosed();
    return {
      segments: this.archiving.segments(includeArchived),
      endOffset: state.visible.endOffset,
      reader: this.options.reader,
      codec: this.options.codec,
      copyPayloads: false,
      isClosed: () => state.isClosing,
    };
  }
}

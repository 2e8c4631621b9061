import { FileJournal, type ReadOnlyFileJournal } from '../../file-journal/index.js';
import { RAW_CODEC } from './raw-codec.js';

/** A journal whose entries are read as bytes. */
export type RawJournal = ReadOnlyFileJournal<null, null>;

/** Opens a journal beside its writer, to read the stored bytes. */
export function openRawJournal(directory: string): Promise<RawJournal> {
  return FileJournal.openReadOnly({ directory, codec: RAW_CODEC });
}

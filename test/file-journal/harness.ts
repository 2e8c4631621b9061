import { closeSync, openSync, readFileSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { FileJournal } from '../../src/file-journal/index.js';
import type { Journal } from '../../src/journal/index.js';
import type { ConformanceOpenOptions, JournalHarness } from '../../src/testing/index.js';
import type { EngineVariant } from '../support/engines.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const SMALL_SEGMENT_BYTES = 4096;

function open(directory: string, variant: EngineVariant, options: ConformanceOpenOptions): Promise<Journal> {
  return FileJournal.open({
    directory,
    ...variant.options,
    durability: options.durability,
    codec: options.codec,
    segmentSizeBytes: options.smallSegments ? SMALL_SEGMENT_BYTES : 4 * 1024 * 1024,
  });
}

/** Flips a bit in the middle of a stored payload, through the file, while the journal is open. */
function flipBit(directory: string, sequence: bigint): void {
  for (const name of readdirSync(directory).filter((file) => file.endsWith('.journal'))) {
    const bytes = readFileSync(join(directory, name));
    for (let offset = 0, length = 0; offset + 4 <= bytes.length; offset += 4 + length) {
      length = bytes.readUInt32LE(offset);
      if (length === 0) break;
      if (bytes.readBigUInt64LE(offset + 4) !== sequence) continue;
      const at = offset + 4 + Math.floor(length / 2);
      const fd = openSync(join(directory, name), 'r+');
      writeSync(fd, Buffer.of((bytes[at] as number) ^ 1), 0, 1, at);
      closeSync(fd);
      return;
    }
  }
  throw new Error(`sequence ${sequence} is not stored`);
}

/** The storage engine, in one of its variants, for the conformance suite. */
export function fileJournalHarness(variant: EngineVariant): JournalHarness {
  return {
    name: `FileJournal, ${variant.name}`,
    capabilities: {
      persistent: true,
      damageable: true,
      customCodec: true,
      smallSegments: true,
      maxEntrySizeBytes: SMALL_SEGMENT_BYTES,
    },
    open: (options) => open(temporaryDirectory(), variant, options),
    async reopen(journal, options) {
      await journal.close();
      return open((journal as FileJournal).directory, variant, options);
    },
    async damage(journal, sequence) {
      flipBit((journal as FileJournal).directory, sequence);
      return journal;
    },
  };
}

import { mkdtempSync, rmSync, readdirSync, readFileSync, openSync, writeSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { defineJournalConformance, type ConformanceOpenOptions } from '../../src/testing/index.js';

const directories: string[] = [];
const openIn = (directory: string, { durability, codec, smallSegments }: ConformanceOpenOptions) =>
  FileJournal.open({
    directory,
    durability,
    codec,
    segmentSizeBytes: smallSegments ? 4096 : 8 * 1024 * 1024,
  });
defineJournalConformance(
  { describe, it },
  {
    name: 'FileJournal',
    capabilities: {
      persistent: true,
      damageable: true,
      customCodec: true,
      smallSegments: true,
      maxEntrySizeBytes: 4096,
    },
    async open(options) {
      const directory = mkdtempSync(join(tmpdir(), 'conf-'));
      directories.push(directory);
      return openIn(directory, options);
    },
    async reopen(journal, options) {
      await journal.close();
      return openIn((journal as FileJournal).directory, options);
    },
    async damage(journal, sequence) {
      const { directory } = journal as FileJournal;
      for (const name of readdirSync(directory)) {
        const at = name.endsWith('.journal')
          ? readFileSync(join(directory, name)).indexOf(`{"sequence_num":${sequence},`)
          : -1;
        if (at < 0) continue;
        const fd = openSync(join(directory, name), 'r+');
        writeSync(fd, '~', at + 60);
        closeSync(fd);
      }
      return journal;
    },
    cleanup() {
      for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
    },
  },
);

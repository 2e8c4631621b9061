/** Journals of orderbook-rs, intact and damaged, and damaged journals of this engine. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { backupJournal, FileJournal, restoreJournal } from '../../../src/file-journal/index.js';
import { JournalError } from '../../../src/journal/index.js';
import { GOLDEN_VERSIONS, goldenCase, goldenCases } from '../../support/golden.js';
import { event } from '../../support/events.js';
import { entriesOf, filesOf, place, SMALL, write } from './support/journals.js';

const DAMAGED = ['corrupt-middle'];
const DIFFERENCES = fileURLToPath(new URL('../../golden/differences/', import.meta.url));

describe.each(GOLDEN_VERSIONS)('a backup of a journal of orderbook-rs %s', (version) => {
  const cases = goldenCases(version).map(({ name }) => name);

  it.each(cases.filter((name) => !DAMAGED.includes(name)))('%s has the intact entries', async (name) => {
    const { backup, restored } = place();
    const golden = goldenCase(version, name);
    const report = await backupJournal({ directory: golden.directory, destination: backup });
    expect(report).toMatchObject({ rule: 'intact', origin: 'orderbook-rs' });
    await restoreJournal({ source: backup, directory: restored });
    const entries = await entriesOf(restored);
    expect(entries).toEqual(await entriesOf(golden.directory));
    // The Rust code reads live segments alone.
    const live = golden.entries.map((entry) => [entry.sequence, entry.storedCrc]);
    expect(entries.slice(entries.length - live.length)).toEqual(live);
    // With a checkpoint, recovery would judge damage as its own.
    expect(readdirSync(restored)).not.toContain('journal.checkpoint');
    await using journal = await FileJournal.open({
      directory: restored,
      ...SMALL,
    });
    expect(journal.recovery).toMatchObject({ outcome: 'clean', lastSequence: entries.at(-1)?.[0] ?? null });
  });

  it('refuses damage, and says where it is', async () => {
    const { backup } = place();
    const { directory } = goldenCase(version, 'corrupt-middle');
    await expect(backupJournal({ directory, destination: backup })).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT_ENTRY',
      segment: expect.stringMatching(/^segment-\d{20}\.journal$/),
      offset: expect.any(Number),
      sequence: expect.anything(),
    });
    expect(readdirSync(backup)).toEqual([]);
  });
});

describe('a backup of the journals that only one engine reads', () => {
  it.each(readdirSync(DIFFERENCES))('%s holds its bytes, or refuses them', async (name) => {
    const { backup, restored } = place();
    const directory = join(DIFFERENCES, name);
    const copied = await backupJournal({ directory, destination: backup }).catch((error: unknown) => error);
    if (name === 'flip-in-active-segment-of-rust-journal') {
      expect(copied).toMatchObject({ code: 'JOURNAL_CORRUPT_ENTRY' });
      return;
    }
    expect(copied).not.toBeInstanceOf(JournalError);
    await restoreJournal({ source: backup, directory: restored });
    expect(filesOf(restored)).toEqual(filesOf(directory));
  });
});

describe('a backup of a damaged journal', () => {
  it('refuses a flipped byte anywhere in its entries, or copies them as they were, and leaves an earlier backup', async () => {
    const { journal, backup, restored } = place();
    await write(journal, 40, { archiveCompression: 'none' });
    await backupJournal({ directory: journal, destination: backup });
    await write(journal, 60);
    const earlier = filesOf(backup);
    const entries = await entriesOf(journal);
    let refused = 0;
    for (const name of readdirSync(journal).filter((one) => one.startsWith('segment-'))) {
      const path = join(journal, name);
      const bytes = readFileSync(path);
      const end = bytes.findLastIndex((byte) => byte !== 0);
      for (let at = 3; at < end; at += 397) {
        const flipped = Buffer.from(bytes);
        flipped.writeUInt8(flipped.readUInt8(at) ^ 0x10, at);
        writeFileSync(path, flipped);
        const fresh = `${backup}-${name}-${at}`;
        const outcome = await backupJournal({ directory: journal, destination: fresh }).then(
          () => null,
          (error: unknown) => error,
        );
        expect(outcome).toMatchObject({ segment: name, offset: expect.any(Number) });
        expect(readdirSync(fresh)).toEqual([]);
        refused += 1;
      }
      writeFileSync(path, bytes);
    }
    expect(refused).toBeGreaterThan(20);
    expect(filesOf(backup)).toEqual(earlier);
    await backupJournal({ directory: journal, destination: backup });
    await restoreJournal({ source: backup, directory: restored });
    expect(await entriesOf(restored)).toEqual(entries);
  });

  it.each(['live', 'archived', 'compressed'])(
    'refuses bytes after the last entry of a %s segment that is no longer written',
    async (form) => {
      const { journal: directory, backup } = place();
      {
        await using journal = await FileJournal.open({ directory, ...SMALL });
        for (let number = 0; number < 9; number += 1) await journal.append(event(number, 600));
        const name = (): string => readdirSync(directory).find((one) => /^segment-0{20}/.test(one)) as string;
        if (form !== 'live') await journal.archiveSegmentsBefore(9n);
        const bytes = readFileSync(join(directory, name()));
        bytes.writeUInt8(1, bytes.length - 1);
        writeFileSync(join(directory, name()), bytes);
        if (form === 'compressed') await journal.compressArchived('gzip');
      }
      await expect(backupJournal({ directory, destination: backup })).rejects.toMatchObject({
        code: 'JOURNAL_INVALID_ENTRY_HEADER',
        segment: expect.stringContaining('segment-00000000000000000000.journal'),
        offset: expect.any(Number),
      });
    },
  );

  it('leaves a torn write out, which no writer acknowledged', async () => {
    const { journal, backup, restored } = place();
    await write(journal, 13);
    const name = readdirSync(journal)
      .filter((one) => one.startsWith('segment-'))
      .sort()
      .at(-1) as string;
    const path = join(journal, name);
    const bytes = readFileSync(path);
    const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
    bytes.writeUInt32LE(300, end);
    bytes.fill(7, end + 4, end + 90);
    writeFileSync(path, bytes);
    await backupJournal({ directory: journal, destination: backup });
    await restoreJournal({ source: backup, directory: restored });
    expect(await entriesOf(restored)).toHaveLength(13);
    await using opened = await FileJournal.open({ directory: restored, ...SMALL });
    expect(opened.recovery.outcome).toBe('clean');
  });

  it.each(['the newest segment', 'a segment in the middle'])(
    'refuses a journal without %s',
    async (which) => {
      const { journal, backup } = place();
      await write(journal, 60);
      const segments = readdirSync(journal)
        .filter((one) => one.startsWith('segment-'))
        .sort();
      const gone = which === 'the newest segment' ? segments.at(-1) : segments.at(2);
      rmSync(join(journal, gone as string));
      await expect(backupJournal({ directory: journal, destination: backup })).rejects.toMatchObject({
        code: expect.stringMatching(/^JOURNAL_(?:REPLAY_GAP|INVALID_DIRECTORY|INVALID_ENTRY_HEADER)$/),
      });
      expect(readdirSync(backup)).toEqual([]);
    },
  );
});

/** A real lack of space: a small full disk, and a limit on the size of files. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { FileJournal } from '../../../src/file-journal/index.js';
import { event } from '../../support/events.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { DrivenChild, killChildren } from './support/driven-child.js';
import { LoopDisk } from './support/loop-disk.js';
import { expectRecovered } from './support/recovered.js';
import { describeWith } from '../../support/requirements.js';

const NAME = 'it';
const LARGE = 1500;
const PREPARED = 'next-segment.prepared';

afterEach(killChildren);

describeWith({ loop: true, tools: ['mount', 'mkfs.ext4'] }, 'a full disk', () => {
  it.each(['sync', 'async'] as const)(
    'refuses the next segment, stays readable, and continues once the disk has space again (%s)',
    async (durability) => {
      const disk = new LoopDisk();
      const directory = join(disk.path, 'journal');
      const options = { directory, segmentSizeBytes: 64 * 1024, reader: 'positioned', durability } as const;
      {
        await using journal = await FileJournal.open(options);
        await journal.append(event(0));
        const free = disk.fill();
        let last = 0;
        let refused: unknown = null;
        while (refused === null) {
          refused = await journal.append(event(last + 1, 3000)).then(
            () => null,
            (error: unknown) => error,
          );
          if (refused === null) last += 1;
        }
        expect(refused).toMatchObject({
          code: 'JOURNAL_IO',
          osCode: 'ENOSPC',
          operation: 'fallocate',
          outcome: 'not-written',
        });
        expect(last).toBeGreaterThan(15); // the engine first used the whole segment
        expect(journal.state).toBe('open');
        expect([...journal.readFrom(0n)]).toHaveLength(last + 1);
        expect(readdirSync(directory)).not.toContain(PREPARED);
        free();
        for (let number = last + 1; number < last + 40; number += 1)
          await journal.append(event(number, 3000));
        expect(await journal.verifyIntegrity()).toMatchObject({ ok: true });
      }
      disk.remount();
      await expectRecovered(directory, { atLeast: 50, options });
    },
  );

  it('does not prevent opening: the journal is readable, and accepts events while its segment has space', async () => {
    const disk = new LoopDisk();
    const directory = join(disk.path, 'journal');
    const options = { directory, segmentSizeBytes: 64 * 1024, reader: 'positioned' } as const;
    {
      await using journal = await FileJournal.open(options);
      for (let number = 0; number < 10; number += 1) await journal.append(event(number, 3000));
    }
    rmSync(join(directory, 'journal.checkpoint')); // the disk has no space for a new one either
    disk.fill();
    for (let boot = 0; boot < 2; boot += 1) {
      await using journal = await FileJournal.open(options);
      expect([...journal.readFrom(0n)]).toHaveLength(10 + boot);
      await journal.append(event(10 + boot, 100));
      await expect(journal.append(event(11 + boot, 60_000))).rejects.toMatchObject({
        osCode: 'ENOSPC',
        outcome: 'not-written',
      });
      expect(journal.state).toBe('open');
    }
  });

  it('makes the creation of a journal fail with a typed error, and leaves nothing that prevents the next attempt', async () => {
    const disk = new LoopDisk();
    mkdirSync(join(disk.path, 'journal'));
    const free = disk.fill();
    const directory = join(disk.path, 'journal');
    const options = { directory, segmentSizeBytes: 1024 * 1024, reader: 'positioned' } as const;
    await expect(FileJournal.open(options)).rejects.toMatchObject({ code: 'JOURNAL_IO', osCode: 'ENOSPC' });
    expect(readdirSync(directory)).toEqual([]);
    free();
    await using journal = await FileJournal.open(options);
    await journal.append(event(0));
  });
});

describeWith({ tools: ['bash'] }, 'a limit on the size of files', () => {
  const KIB = 1024;
  async function limited(
    kib: number,
    directory: string,
    segmentSizeBytes: number,
  ): Promise<{ child: DrivenChild; opening: [string, object] }> {
    const child = await DrivenChild.start({ shell: `ulimit -f ${kib}` });
    return { child, opening: ['open', { name: NAME, options: { directory, segmentSizeBytes } }] };
  }

  it('below the size of a segment makes opening fail, and the process continues', async () => {
    const { child, opening } = await limited(16, temporaryDirectory('limited-'), 64 * KIB);
    expect(await child.failureOf(...opening)).toMatchObject({ code: 'JOURNAL_IO', osCode: 'EFBIG' });
    expect(await child.failureOf(...opening)).toMatchObject({ code: 'JOURNAL_IO', osCode: 'EFBIG' });
  });

  it('below the size of the next segment refuses that segment, and the process and the journal continue', async () => {
    const directory = temporaryDirectory('limited-');
    {
      await using journal = await FileJournal.open({ directory, segmentSizeBytes: 8 * KIB });
      await journal.append(event(0, 100));
    }
    const { child, opening } = await limited(16, directory, 64 * KIB);
    await child.run(...opening);
    const refused = await child.failureOf('append', { name: NAME, from: 1, count: 20, padding: LARGE });
    expect(refused).toMatchObject({ code: 'JOURNAL_IO', osCode: 'EFBIG', outcome: 'not-written' });
    const last = child.lastAcked(NAME);
    expect(last).toBeGreaterThan(1);
    await child.run('append', { name: NAME, from: last + 1, padding: 10 });
    await child.run('close', { name: NAME });
    await expectRecovered(directory, { atLeast: last + 1, atMost: last + 1 });
  });

  it('in the middle of an existing segment causes a typed error, and keeps the acknowledged entries', async () => {
    const directory = temporaryDirectory('limited-');
    {
      await using journal = await FileJournal.open({ directory, segmentSizeBytes: 64 * KIB });
      await journal.append(event(0, 100));
    }
    const { child, opening } = await limited(16, directory, 64 * KIB);
    await child.run(...opening);
    const error = await child.failureOf('append', { name: NAME, from: 1, count: 40, padding: LARGE });
    expect(error).toMatchObject({ osCode: 'EFBIG' });
    expect(error.code).toMatch(/^JOURNAL_(IO|POISONED)$/);
    const last = child.lastAcked(NAME);
    await child.run('close', { name: NAME });
    await expectRecovered(directory, {
      atLeast: last,
      atMost: last + 1,
      options: { segmentSizeBytes: 64 * KIB },
    });
  });
});

/**
 * All blocks of a segment are allocated on the disk before an append, whatever the file system, and whichever
 * program created the segment.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readdirSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { FileJournal } from '../../../src/file-journal/index.js';
import { event, events } from '../../support/events.js';
import { goldenCase } from '../../support/golden.js';
import { DrivenChild, killChildren } from './support/driven-child.js';
import { LoopDisk, MemoryDisk, type DiskType } from './support/loop-disk.js';
import { expectRecovered } from './support/recovered.js';
import { describeWith, isInstalled } from '../../support/requirements.js';
import { Strace } from './support/strace.js';

const SEGMENT_BYTES = 64 * 1024;
const OPTIONS = { segmentSizeBytes: SEGMENT_BYTES, reader: 'positioned' } as const;
const NAME = 'it';
const isTraced = isInstalled('strace');

afterEach(killChildren);

function allocatedBytes(path: string): number {
  return statSync(path).blocks * 512;
}

function expectAllAllocated(directory: string): void {
  const names = readdirSync(directory).filter((name) => /^(segment-|next-)/.test(name));
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    expect(allocatedBytes(join(directory, name))).toBeGreaterThanOrEqual(
      statSync(join(directory, name)).size,
    );
  }
}

describeWith(
  { loop: true, tools: ['mount', 'mkfs.ext2', 'mkfs.ext4', 'mkfs.xfs'] },
  'segments on a disk',
  () => {
    it('are filled with zeros on ext2, which cannot allocate', () => {
      const disk = new LoopDisk({ type: 'ext2' });
      const allocate = (): unknown =>
        execFileSync('fallocate', ['--length', '4096', join(disk.path, 'file')], { stdio: 'pipe' });
      expect(allocate).toThrow(/not supported/);
    });

    (isTraced ? it : it.skip)(
      `on ext2 are filled in writes of 4 KiB${isTraced ? '' : ' (skipped: needs strace)'}`,
      async () => {
        const disk = new LoopDisk({ type: 'ext2' });
        const directory = join(disk.path, 'journal');
        const child = await DrivenChild.start();
        const strace = await Strace.attach(child, { trace: ['pwrite64'] });
        await child.run('open', { name: NAME, options: { directory, segmentSizeBytes: SEGMENT_BYTES } });
        // Once the segment is half full, the next one is filled, too.
        await child.run('append', { name: NAME, from: 0, count: 12, padding: 3000 });
        await child.run('append', { name: NAME, from: 12, count: 12, padding: 3000 });
        await child.kill();
        const zeros = (await strace.detach())
          // For these writes, strace shows only zeros. For entries, which the engine writes there too, it
          // shows only the length as zeros.
          .filter(({ text }) => text.includes('next-segment.prepared') && /"(?:\\0)+"/.test(text))
          .map(({ text }) => Number(/, (\d+), \d+\) = \d+$/.exec(text)?.[1]));
        expect(zeros.length).toBeGreaterThanOrEqual(2 * (SEGMENT_BYTES / 4096));
        expect(new Set(zeros)).toEqual(new Set([4096]));
      },
    );

    it.each<DiskType>(['ext2', 'ext4', 'xfs'])(
      'on %s are allocated completely: the first, the prepared and the rotated ones',
      async (type) => {
        const disk = new LoopDisk({ type });
        const directory = join(disk.path, 'journal');
        {
          await using journal = await FileJournal.open({ directory, ...OPTIONS });
          expectAllAllocated(directory);
          for (const one of events(0, 60, 3000)) await journal.append(one);
          expectAllAllocated(directory);
          expect((await journal.verifyIntegrity()).segments).toBeGreaterThan(2);
        }
        disk.remount();
        await expectRecovered(directory, { atLeast: 59, atMost: 59, options: OPTIONS });
      },
    );

    it.each<DiskType>(['ext2', 'ext4', 'xfs'])(
      'on %s that another writer left sparse are allocated before the first append',
      async (type) => {
        const disk = new LoopDisk({ type });
        const directory = join(disk.path, 'journal');
        {
          await using journal = await FileJournal.open({ directory, ...OPTIONS });
          await journal.append(event(0, 100));
        }
        const path = join(directory, 'segment-00000000000000000000.journal');
        const fd = openSync(path, 'r+');
        ftruncateSync(fd, 512);
        ftruncateSync(fd, SEGMENT_BYTES); // orderbook-rs creates its segments like this
        closeSync(fd);
        expect(allocatedBytes(path)).toBeLessThan(SEGMENT_BYTES);
        {
          await using journal = await FileJournal.open({ directory, ...OPTIONS });
          await journal.append(event(1));
          expect(allocatedBytes(path)).toBeGreaterThanOrEqual(SEGMENT_BYTES);
        }
        disk.remount();
        await expectRecovered(directory, { atLeast: 1, atMost: 1, options: OPTIONS });
      },
    );

    it('make an append fail, with nothing written, if the disk has no space to fill them', async () => {
      const disk = new LoopDisk();
      const directory = join(disk.path, 'journal');
      {
        await using journal = await FileJournal.open({ directory, ...OPTIONS });
        await journal.append(event(0, 100));
      }
      const path = join(directory, 'segment-00000000000000000000.journal');
      const fd = openSync(path, 'r+');
      ftruncateSync(fd, 512);
      ftruncateSync(fd, SEGMENT_BYTES);
      closeSync(fd);
      const free = disk.fill();
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      await expect(journal.append(event(1))).rejects.toMatchObject({
        osCode: 'ENOSPC',
        outcome: 'not-written',
      });
      expect([...journal.readFrom(0n)]).toHaveLength(1);
      free();
      await journal.append(event(1));
      expect(journal.lastSequence).toBe(1n);
    });
  },
);

describeWith({ loop: true, tools: ['mount'] }, 'segments in memory', () => {
  it('are allocated, too, and a full memory disk refuses the next one', async () => {
    const directory = join(new MemoryDisk(8).path, 'journal');
    await using journal = await FileJournal.open({
      directory,
      ...OPTIONS,
      segmentSizeBytes: 3 * 1024 * 1024,
    });
    expectAllAllocated(directory);
    for (const one of events(0, 5, 1_000_000)) await journal.append(one);
    await expect(journal.append(event(5, 2_000_000))).rejects.toMatchObject({
      osCode: 'ENOSPC',
      outcome: 'not-written',
    });
    expect(journal.state).toBe('open');
  });
});

describeWith({}, 'a segment as orderbook-rs leaves it', () => {
  it('is allocated before the first append', async () => {
    const golden = goldenCase('v0.12.1', 'replay-book');
    const directory = golden.copy();
    const name = readdirSync(directory)
      .filter((file) => /^segment-\d+\.journal$/.test(file))
      .sort()
      .at(-1) as string;
    const path = join(directory, name);
    const { size } = statSync(path);
    const fd = openSync(path, 'r+');
    ftruncateSync(fd, size + 1024 * 1024);
    writeSync(fd, Buffer.alloc(0), 0, 0, 0);
    closeSync(fd);
    expect(allocatedBytes(path)).toBeLessThan(size + 1024 * 1024);
    await using journal = await FileJournal.open({ directory });
    await journal.append(event(journal.nextSequence ?? 0n));
    expect(allocatedBytes(path)).toBeGreaterThanOrEqual(size + 1024 * 1024);
  });
});

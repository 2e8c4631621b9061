/**
 * A device that loses writebacks of the kernel: a sparse image on a full memory disk. The blocks of the file
 * are allocated, but those of the image are not. So the write succeeds, the sync fails, and the page cache
 * still shows bytes that were never stored. Fault injection cannot simulate this, because with it the bytes
 * do reach the device.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { DrivenChild, killChildren } from './support/driven-child.js';
import { LoopDisk, MemoryDisk } from './support/loop-disk.js';
import { expectRecovered } from './support/recovered.js';
import { describeWith } from '../../support/requirements.js';

const FIRST = 'segment-00000000000000000000.journal';
const SEGMENT_BYTES = 256 * 1024;
const PAGE_BYTES = 4096;
const OPTIONS = { segmentSizeBytes: SEGMENT_BYTES };
const NAME = 'it';
/** Entries 0 … 10 fill the first two pages to the last byte. The one after them is lost. */
const LAST_STORED = 10;
const LOST = { name: NAME, from: LAST_STORED + 1, padding: 30_000 };

interface BrokenDisk {
  readonly disk: LoopDisk;
  readonly directory: string;
  readonly segment: string;
  readonly writer: DrivenChild;
  /** Makes the device work from now on. */
  mend(): void;
}

async function brokenDisk(options: object = {}): Promise<BrokenDisk> {
  const memory = new MemoryDisk(33);
  const disk = new LoopDisk({ sizeMiB: 32, imageFolder: memory.path, allocated: true });
  const directory = join(disk.path, 'journal');
  const segment = join(directory, FIRST);
  const writer = await DrivenChild.start();
  await writer.run('open', { name: NAME, options: { directory, ...OPTIONS, ...options } });
  // The loop device reports success for a partly stored write, so the lost entry must begin at a page.
  await writer.run('append', { name: NAME, from: 0, count: LAST_STORED });
  const { endOffset, lastSizeBytes } = endOf(segment);
  const padding = 2 * PAGE_BYTES - endOffset - lastSizeBytes - 2; // its number has one more digit, and occurs twice
  await writer.run('append', { name: NAME, from: LAST_STORED, padding });
  expect(endOf(segment).endOffset).toBe(2 * PAGE_BYTES);
  execFileSync('sync', ['-f', disk.path]);
  disk.undermine(segment, 2 * PAGE_BYTES);
  return { disk, directory, segment, writer, mend: memory.fill() };
}

function endOf(segment: string): { endOffset: number; lastSizeBytes: number } {
  const bytes = readFileSync(segment);
  let endOffset = 0;
  let lastSizeBytes = 0;
  for (let length = bytes.readUInt32LE(0); length !== 0; length = bytes.readUInt32LE(endOffset)) {
    lastSizeBytes = 4 + length;
    endOffset += lastSizeBytes;
  }
  return { endOffset, lastSizeBytes };
}

/** The number of pages in which the cache differs from the device. */
function lyingPages(segment: string): number {
  const cached = readFileSync(segment);
  const stored = execFileSync('dd', [`if=${segment}`, 'iflag=direct', `bs=${SEGMENT_BYTES}`, 'count=1'], {
    stdio: 'pipe',
    maxBuffer: 2 * SEGMENT_BYTES,
  });
  let count = 0;
  for (let at = 0; at < cached.length; at += PAGE_BYTES) {
    if (!cached.subarray(at, at + PAGE_BYTES).equals(stored.subarray(at, at + PAGE_BYTES))) count += 1;
  }
  return count;
}

/** Entries acknowledged after the restart must still exist once the caches are empty. */
async function goesOn({ disk, directory, segment }: BrokenDisk, writer: DrivenChild): Promise<number | null> {
  expect(await writer.run('read', { name: NAME })).toMatchObject({
    sequences: Array.from({ length: LAST_STORED + 1 }, (_, index) => index),
  });
  expect(lyingPages(segment)).toBe(0);
  await writer.run('append', { name: NAME, from: LAST_STORED + 1, count: 20, padding: 3000 });
  expect(lyingPages(segment)).toBe(0);
  await killChildren();
  disk.remount();
  return (
    await expectRecovered(directory, {
      atLeast: LAST_STORED + 20,
      atMost: LAST_STORED + 20,
      options: OPTIONS,
    })
  ).last;
}

afterEach(killChildren);

describeWith(
  { loop: true, tools: ['mount', 'fallocate', 'mkfs.ext4', 'filefrag'] },
  'a device that loses writebacks',
  () => {
    it.each(['positioned', 'mapped'])(
      'makes a restart read the stored bytes, not the cached ones (%s writer)',
      async (how) => {
        const broken = await brokenDisk({ writer: how });
        expect(await broken.writer.failureOf('append', LOST)).toMatchObject({
          code: 'JOURNAL_POISONED',
          operation: 'fdatasync',
          outcome: 'unknown',
        });
        expect(await broken.writer.run('state', { name: NAME })).toMatchObject({
          lastSequence: LAST_STORED,
        });
        expect(lyingPages(broken.segment)).toBeGreaterThan(7); // otherwise the test proves nothing
        await broken.writer.kill();
        broken.mend();
        const next = await DrivenChild.start();
        await next.run('open', { name: NAME, options: { directory: broken.directory, ...OPTIONS } });
        expect(await goesOn(broken, next)).toBe(LAST_STORED + 20);
      },
    );

    it('does so even while a read-only journal has the wrong pages mapped, which the kernel cannot evict', async () => {
      const broken = await brokenDisk();
      const viewer = await DrivenChild.start();
      await viewer.run('open', {
        name: NAME,
        readOnly: true,
        options: { directory: broken.directory, reader: 'mapped' },
      });
      await broken.writer.failureOf('append', LOST);
      expect(await viewer.run('read', { name: NAME })).toMatchObject({
        sequences: expect.arrayContaining([LAST_STORED + 1]),
      });
      await broken.writer.kill();
      broken.mend();
      const next = await DrivenChild.start();
      await next.run('open', { name: NAME, options: { directory: broken.directory, ...OPTIONS } });
      expect(await goesOn(broken, next)).toBe(LAST_STORED + 20);
    });

    it('does so even if the same process reopens the journal and still has them mapped', async () => {
      const broken = await brokenDisk();
      const { writer } = broken;
      await writer.run('open', {
        name: 'viewer',
        readOnly: true,
        options: { directory: broken.directory, reader: 'mapped' },
      });
      await writer.failureOf('append', LOST);
      await writer.run('read', { name: 'viewer' });
      await writer.run('close', { name: NAME });
      broken.mend();
      await writer.run('open', { name: NAME, options: { directory: broken.directory, ...OPTIONS } });
      expect(await goesOn(broken, writer)).toBe(LAST_STORED + 20);
    });
  },
);

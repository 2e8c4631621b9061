/**
 * Directories that are not writable or that disappear under a live journal, and a process without free
 * descriptors.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { FileJournal } from '../../../src/file-journal/index.js';
import { event, events } from '../../support/events.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { DrivenChild, killChildren } from './support/driven-child.js';
import { LoopDisk } from './support/loop-disk.js';
import { expectRecovered } from './support/recovered.js';
import { describeWith } from '../../support/requirements.js';

const NAME = 'it';
const LARGE = 1500;
const OPTIONS = { segmentSizeBytes: 4096, reader: 'positioned' } as const;

afterEach(killChildren);

async function writeJournal(directory: string, count: number): Promise<void> {
  await using journal = await FileJournal.open({ directory, ...OPTIONS });
  for (let number = 0; number < count; number += 1) await journal.append(event(number, LARGE));
}

describeWith(
  { loop: true, tools: ['mount', 'mkfs.ext4', 'chattr'] },
  'a directory that is not writable',
  () => {
    it('on a read-only mount makes opening fail with a typed error, but a read-only journal reads all entries', async () => {
      const disk = new LoopDisk();
      const directory = join(disk.path, 'journal');
      await writeJournal(directory, 5);
      disk.remount('ro');
      await expect(FileJournal.open({ directory, ...OPTIONS })).rejects.toMatchObject({
        code: 'JOURNAL_INVALID_DIRECTORY',
        cause: { osCode: 'EROFS' },
      });
      await using viewer = await FileJournal.openReadOnly({ directory, reader: 'positioned' });
      expect([...viewer.readFrom(0n)]).toHaveLength(5);
      expect(await viewer.verifyIntegrity()).toMatchObject({ ok: true });
    });

    it('because it is immutable refuses the next segment and opening, but not reading; afterwards, all operations work again', async () => {
      const disk = new LoopDisk();
      const directory = join(disk.path, 'journal');
      {
        await using journal = await FileJournal.open({ directory, ...OPTIONS });
        await journal.append(event(0, 100));
        execFileSync('chattr', ['+i', directory]);
        try {
          await expect(journal.append(event(1, 3800))).rejects.toMatchObject({
            code: 'JOURNAL_IO',
            osCode: 'EPERM',
            outcome: 'not-written',
          });
          await journal.append(event(1, 100)); // still fits
          expect([...journal.readFrom(0n)]).toHaveLength(2);
          await expect(
            FileJournal.openReadOnly({ directory }).then((viewer) => viewer.close()),
          ).resolves.toBeUndefined();
          await expect(FileJournal.open({ directory: join(directory, 'inner') })).rejects.toMatchObject({
            code: 'JOURNAL_INVALID_DIRECTORY',
          });
        } finally {
          execFileSync('chattr', ['-i', directory]);
        }
        await journal.appendBatch(events(2, 10, LARGE));
      }
      await expectRecovered(directory, { atLeast: 9, atMost: 9 });
    });
  },
);

describeWith(
  { loop: true, tools: ['mount', 'mkfs.ext4', 'xfs_io'] },
  'a mount that becomes read-only under a live journal',
  () => {
    it('poisons the journal and loses no acknowledged entry', async () => {
      const disk = new LoopDisk();
      const directory = join(disk.path, 'journal');
      const child = await DrivenChild.start();
      await child.run('open', { name: NAME, options: { directory, segmentSizeBytes: 4096 } });
      await child.run('append', { name: NAME, from: 0, count: 3, padding: LARGE });
      // With `errors=remount-ro`, the kernel does this when it cannot write the log of the file system.
      disk.cut();
      const error = await child.failureOf('append', { name: NAME, from: 3, count: 10, padding: LARGE });
      expect(error.code).toMatch(/^JOURNAL_(POISONED|IO)$/);
      await child.ask('close', { name: NAME });
      await child.kill();
      disk.remount();
      await expectRecovered(directory, { atLeast: 2, atMost: 3 });
    });
  },
);

describeWith({}, 'a directory that disappears under a live journal', () => {
  it('by removal makes operations that need a new file fail with a typed error, and creates nothing elsewhere', async () => {
    const parent = temporaryDirectory('removed-');
    const directory = join(parent, 'journal');
    await using journal = await FileJournal.open({ directory, ...OPTIONS });
    await journal.append(event(0, 100));
    rmSync(directory, { recursive: true });
    const settled = await Promise.allSettled(events(1, 10, LARGE).map((one) => journal.append(one)));
    const rejected = settled.filter(({ status }) => status === 'rejected');
    expect(rejected.length).toBeGreaterThan(5);
    for (const one of rejected) {
      expect(one).toMatchObject({ reason: { code: expect.stringMatching(/^JOURNAL_(IO|POISONED)$/) } });
    }
    expect(readdirSync(parent)).toEqual([]);
  });

  it('by a move, with another journal in its place, causes no write into that journal', async () => {
    const parent = temporaryDirectory('moved-');
    const directory = join(parent, 'journal');
    await writeJournal(directory, 3);
    cpSync(directory, join(parent, 'other'), { recursive: true });
    {
      await using journal = await FileJournal.open({ directory, ...OPTIONS });
      renameSync(directory, join(parent, 'moved'));
      renameSync(join(parent, 'other'), directory);
      const settled = await Promise.allSettled(events(3, 12, LARGE).map((one) => journal.append(one)));
      expect(settled.at(-1)).toMatchObject({
        reason: { code: 'JOURNAL_IO', osCode: 'ESTALE', outcome: 'not-written' },
      });
    }
    expect(await expectRecovered(directory, { atLeast: 2, atMost: 2 })).toMatchObject({ last: 2 });
    await expectRecovered(join(parent, 'moved'), { atLeast: 2 });
  });
});

describeWith({ tools: ['prlimit'] }, 'a process without free descriptors', () => {
  it('gets typed errors for new segments and readers, and continues once descriptors are free again', async () => {
    const directory = temporaryDirectory('emfile-');
    const child = await DrivenChild.start();
    await child.run('open', { name: NAME, options: { directory, segmentSizeBytes: 4096 } });
    await child.run('append', { name: NAME, from: 0, padding: 100 });
    const limit = (count: number): Buffer =>
      execFileSync('prlimit', ['--pid', String(child.pid), `--nofile=${count}:`]);
    limit(lowestFreeDescriptor(child.pid));
    expect(await child.failureOf('append', { name: NAME, from: 1, padding: 3800 })).toMatchObject({
      code: 'JOURNAL_IO',
      osCode: 'EMFILE',
      outcome: 'not-written',
    });
    await child.run('append', { name: NAME, from: 1, padding: 100 });
    expect(await child.run('state', { name: NAME })).toMatchObject({ state: 'open', lastSequence: 1 });
    expect(
      (await child.failureOf('open', { name: 'other', options: { directory: temporaryDirectory() } }))
        .message,
    ).toContain('EMFILE');
    limit(500);
    await child.run('append', { name: NAME, from: 2, count: 6, padding: LARGE });
    expect(await child.run('read', { name: NAME })).toMatchObject({ sequences: [0, 1, 2, 3, 4, 5, 6, 7] });
    await child.run('close', { name: NAME });
    await expectRecovered(directory, { atLeast: 7, atMost: 7 });
  });
});

function lowestFreeDescriptor(pid: number): number {
  const taken = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let lowest = 0;
  while (taken.has(lowest)) lowest += 1;
  return lowest;
}

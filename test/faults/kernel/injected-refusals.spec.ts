/**
 * Refusals of the kernel before a write, while opening and while reading. Each is a typed error, and the
 * journal continues.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { DrivenChild } from './support/driven-child.js';
import { expectRecovered } from './support/recovered.js';
import { describeWith } from '../../support/requirements.js';
import { Strace } from './support/strace.js';
import { until } from '../../support/until.js';

const FIRST = 'segment-00000000000000000000.journal';
const PREPARED = 'next-segment.prepared';
const CHECKPOINT = 'journal.checkpoint';
const OPTIONS = { segmentSizeBytes: 4096 };
const LARGE = 1500;

async function written(options: object = {}): Promise<{ child: DrivenChild; directory: string }> {
  const directory = join(temporaryDirectory('refused-'), 'journal');
  const child = await DrivenChild.start();
  await child.run('open', { name: 'it', options: { directory, ...OPTIONS, ...options } });
  await child.run('append', { name: 'it', from: 0 });
  return { child, directory };
}

describeWith({ root: true, tools: ['strace'] }, 'a kernel that refuses', () => {
  it.each<[string, string, string]>([
    ['space for the next segment', 'fallocate:error=ENOSPC', 'ENOSPC'],
    ['its quota', 'fallocate:error=EDQUOT', 'EDQUOT'],
    ['a file descriptor for the next segment', 'openat:error=EMFILE', 'EMFILE'],
    ['to sync the zeros of the next segment', 'fdatasync:error=EIO', 'EIO'],
  ])(
    '%s makes the operations that need it fail with nothing written, and reads and appends continue',
    async (_what, fault, osCode) => {
      const { child, directory } = await written();
      const strace = await Strace.attach(child, {
        trace: [],
        inject: [fault],
        paths: [join(directory, PREPARED)],
      });
      const error = await child.failureOf('append', { name: 'it', from: 1, count: 20, padding: LARGE });
      expect(error).toMatchObject({ code: 'JOURNAL_IO', osCode, outcome: 'not-written' });
      const last = child.lastAcked('it');
      expect(last).toBe(2);
      expect(await child.run('state', { name: 'it' })).toMatchObject({
        state: 'open',
        nextSequence: last + 1,
      });
      expect(await child.run('read', { name: 'it' })).toMatchObject({ sequences: [0, 1, 2] });
      await child.run('append', { name: 'it', from: last + 1 }); // small enough for the remaining space
      // preparing the next segment in the background removes the leftover of a failed attempt
      await until(() => !readdirSync(directory).includes(PREPARED), 'the half-prepared segment is removed');
      await strace.detach();
      await child.run('append', { name: 'it', from: last + 2, padding: LARGE });
      await child.run('close', { name: 'it' });
      await expectRecovered(directory, { atLeast: last + 2, atMost: last + 2 });
    },
  );

  it.each<[string, string, string]>([
    ['openat', 'EMFILE', ''],
    ['flock', 'ENOLCK', ''],
    ['openat', 'EACCES', FIRST],
    ['openat', 'EMFILE', FIRST],
    ['fdatasync', 'EIO', FIRST],
    ['fadvise64', 'EIO', FIRST],
    ['pread64', 'EIO', FIRST],
    ['fsync', 'EIO', ''],
    ['pwrite64', 'EIO', CHECKPOINT],
    ['fdatasync', 'EIO', CHECKPOINT],
  ])(
    '%s while opening (%s, %s) causes a typed error and releases the lock, and the next opening succeeds',
    async (call, osCode, file) => {
      const { child, directory } = await written();
      await child.run('append', { name: 'it', from: 1, count: 5, padding: 100 });
      await child.run('close', { name: 'it' });
      const options = { directory, ...OPTIONS, lockTimeoutMs: 0 };
      const strace = await Strace.attach(child, {
        trace: [],
        inject: [`${call}:error=${osCode}:when=1`],
        paths: [join(directory, file)],
      });
      const error = await child.failureOf('open', { name: 'it', options });
      expect(error.code).toMatch(/^JOURNAL_(IO|INVALID_DIRECTORY)$/);
      expect(error.message).toContain(osCode === 'EACCES' ? directory : osCode);
      expect((await strace.detach()).filter(({ injected }) => injected)).toHaveLength(1);
      await child.run('open', { name: 'it', options });
      await child.run('close', { name: 'it' });
      await expectRecovered(directory, { atLeast: 5, atMost: 5 });
    },
  );

  it.each<[string, string]>([
    ['mkdir', 'EROFS'],
    ['fsync', 'EIO'],
    ['fallocate', 'ENOSPC'],
    ['fdatasync', 'EIO'],
    ['rename', 'EIO'],
    ['pwrite64', 'EIO'],
  ])(
    '%s while creating a journal (%s) causes a typed error, and the next opening creates it',
    async (call, osCode) => {
      const directory = join(temporaryDirectory('refused-'), 'a', 'journal');
      const child = await DrivenChild.start();
      const options = { directory, ...OPTIONS, lockTimeoutMs: 0 };
      const strace = await Strace.attach(child, { trace: [], inject: [`${call}:error=${osCode}:when=1`] });
      const error = await child.failureOf('open', { name: 'it', options });
      expect(error.code).toMatch(/^JOURNAL_(IO|INVALID_DIRECTORY)$/);
      await strace.detach();
      await child.run('open', { name: 'it', options });
      await child.run('append', { name: 'it', from: 0 });
      await child.run('close', { name: 'it' });
      await expectRecovered(directory, { atLeast: 0, atMost: 0 });
    },
  );

  it.each<[string, string, string]>([
    ['pread64', 'EIO', 'positioned'],
    ['openat', 'EMFILE', 'positioned'],
    ['openat', 'EMFILE', 'mapped'],
    ['mmap', 'ENOMEM', 'mapped'],
  ])(
    '%s while reading (%s, %s reader) causes a typed error that verifyIntegrity reports, and the journal continues',
    async (call, osCode, reader) => {
      const { child, directory } = await written({ reader });
      await child.run('append', { name: 'it', from: 1, count: 6, padding: LARGE }); // the first segment is sealed
      const strace = await Strace.attach(child, {
        trace: [],
        inject: [`${call}:error=${osCode}`],
        paths: [join(directory, FIRST)],
      });
      expect(await child.failureOf('read', { name: 'it' })).toMatchObject({ code: 'JOURNAL_IO', osCode });
      const report = await child.run('verify', { name: 'it' });
      expect(report['ok']).toBe(false);
      expect(String(report['errors'])).toContain(osCode);
      await child.run('append', { name: 'it', from: 7 });
      await strace.detach();
      expect(await child.run('read', { name: 'it' })).toMatchObject({ sequences: [0, 1, 2, 3, 4, 5, 6, 7] });
      await child.run('close', { name: 'it' });
      await expectRecovered(directory, { atLeast: 7, atMost: 7 });
    },
  );

  it('a descriptor to a read-only journal causes a typed error; it follows the journal once it gets one', async () => {
    const { child, directory } = await written();
    await child.run('append', { name: 'it', from: 1, count: 6, padding: LARGE });
    const viewer = await DrivenChild.start();
    await viewer.run('open', { name: 'it', readOnly: true, options: { directory, reader: 'positioned' } });
    const strace = await Strace.attach(viewer, {
      trace: [],
      inject: ['openat:error=EMFILE'],
      paths: [join(directory, FIRST)],
    });
    expect(await viewer.failureOf('read', { name: 'it' })).toMatchObject({
      code: 'JOURNAL_IO',
      osCode: 'EMFILE',
    });
    await strace.detach();
    expect(await viewer.run('read', { name: 'it' })).toMatchObject({ sequences: [0, 1, 2, 3, 4, 5, 6] });
    await viewer.kill();
    await child.run('close', { name: 'it' });
  });
});

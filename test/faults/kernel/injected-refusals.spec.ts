/**
 * Refusals of the kernel before a write, while opening and while reading: typed errors, and the journal
 * continues.
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
  await child.tell('open', { name: 'it', options: { directory, ...OPTIONS, ...options } });
  await child.tell('append', { name: 'it', from: 0 });
  return { child, directory };
}

describeWith({ root: true, tools: ['strace'] }, 'a kernel that refuses', () => {
  it.each<[string, string, string]>([
    ['space for the next segment', 'fallocate:error=ENOSPC', 'ENOSPC'],
    ['its quota', 'fallocate:error=EDQUOT', 'EDQUOT'],
    ['a file descriptor for the next segment', 'openat:error=EMFILE', 'EMFILE'],
    ['to sync the zeros of the next segment', 'fdatasync:error=EIO', 'EIO'],
  ])(
    '%s refuses the operations that need it with nothing written, and reads and appends continue',
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
      expect(await child.tell('state', { name: 'it' })).toMatchObject({
        state: 'open',
        nextSequence: last + 1,
      });
      expect(await child.tell('read', { name: 'it' })).toMatchObject({ sequences: [0, 1, 2] });
      await child.tell('append', { name: 'it', from: last + 1 }); // small enough for what is left
      // the next segment is prepared in the background, which removes the leftover of a failed attempt
      await until(() => !readdirSync(directory).includes(PREPARED), 'the half-prepared segment is gone');
      await strace.detach();
      await child.tell('append', { name: 'it', from: last + 2, padding: LARGE });
      await child.tell('close', { name: 'it' });
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
    '%s while opening (%s, %s) is a typed error, frees the lock, and the next opening works',
    async (call, osCode, file) => {
      const { child, directory } = await written();
      await child.tell('append', { name: 'it', from: 1, count: 5, padding: 100 });
      await child.tell('close', { name: 'it' });
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
      await child.tell('open', { name: 'it', options });
      await child.tell('close', { name: 'it' });
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
  ])('%s while making a journal (%s): a typed error, and the next opening makes it', async (call, osCode) => {
    const directory = join(temporaryDirectory('refused-'), 'a', 'journal');
    const child = await DrivenChild.start();
    const options = { directory, ...OPTIONS, lockTimeoutMs: 0 };
    const strace = await Strace.attach(child, { trace: [], inject: [`${call}:error=${osCode}:when=1`] });
    const error = await child.failureOf('open', { name: 'it', options });
    expect(error.code).toMatch(/^JOURNAL_(IO|INVALID_DIRECTORY)$/);
    await strace.detach();
    await child.tell('open', { name: 'it', options });
    await child.tell('append', { name: 'it', from: 0 });
    await child.tell('close', { name: 'it' });
    await expectRecovered(directory, { atLeast: 0, atMost: 0 });
  });

  it.each<[string, string, string]>([
    ['pread64', 'EIO', 'positioned'],
    ['openat', 'EMFILE', 'positioned'],
    ['openat', 'EMFILE', 'mapped'],
    ['mmap', 'ENOMEM', 'mapped'],
  ])(
    '%s while reading (%s, %s reader) is a typed error that verifyIntegrity reports, and the journal continues',
    async (call, osCode, reader) => {
      const { child, directory } = await written({ reader });
      await child.tell('append', { name: 'it', from: 1, count: 6, padding: LARGE }); // the first segment is sealed
      const strace = await Strace.attach(child, {
        trace: [],
        inject: [`${call}:error=${osCode}`],
        paths: [join(directory, FIRST)],
      });
      expect(await child.failureOf('read', { name: 'it' })).toMatchObject({ code: 'JOURNAL_IO', osCode });
      const report = await child.tell('verify', { name: 'it' });
      expect(report['ok']).toBe(false);
      expect(String(report['errors'])).toContain(osCode);
      await child.tell('append', { name: 'it', from: 7 });
      await strace.detach();
      expect(await child.tell('read', { name: 'it' })).toMatchObject({ sequences: [0, 1, 2, 3, 4, 5, 6, 7] });
      await child.tell('close', { name: 'it' });
      await expectRecovered(directory, { atLeast: 7, atMost: 7 });
    },
  );

  it('a descriptor to a viewer is a typed error, and the viewer follows the journal once it gets one', async () => {
    const { child, directory } = await written();
    await child.tell('append', { name: 'it', from: 1, count: 6, padding: LARGE });
    const viewer = await DrivenChild.start();
    await viewer.tell('open', { name: 'it', readOnly: true, options: { directory, reader: 'positioned' } });
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
    expect(await viewer.tell('read', { name: 'it' })).toMatchObject({ sequences: [0, 1, 2, 3, 4, 5, 6] });
    await viewer.kill();
    await child.tell('close', { name: 'it' });
  });
});
